import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { isCancelled, shielded } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { openMemoryChannel } from '@tercet/sync';

/** A piece of a call's output, or, as the last item, the reason why the call has failed. */
export type CallItem = string | Uint8Array | { readonly failure: string };

/** Calls a function, and yields its output to the standard streams. Runs in a worker process that does nothing else. */
export async function* callFunction(
  module: string,
  name: string,
  args: readonly unknown[],
  cwd: string,
): AsyncGenerator<CallItem> {
  // oxlint-disable-next-line @tercet/no-unbounded-channel -- `process.stdout.write` returns at once, so its caller cannot be made to wait
  const [output, written] = openMemoryChannel<CallItem>(Infinity);
  const write = (chunk: CallItem): void => output.sendNowait(chunk);
  divert(process.stdout, write);
  divert(process.stderr, write);
  const ended = call(module, name, args, cwd, write).finally(() => output.close());
  try {
    yield* written;
  } finally {
    // Also when the job is cancelled: the function has been, too, and may write while it cleans up.
    await shielded(() => ended);
  }
}

async function call(
  module: string,
  name: string,
  args: readonly unknown[],
  cwd: string,
  write: (item: CallItem) => void,
): Promise<void> {
  try {
    process.chdir(cwd);
    const exports = (await import(pathToFileURL(module).href)) as Record<string, unknown>;
    const fn = exports[name];
    if (typeof fn !== 'function') throw new TypeError(`${module} exports no function ${name}`);
    await fn(...args);
  } catch (error) {
    if (isCancelled(error)) throw error;
    write(`${inspect(error)}\n`);
    write({ failure: describeError(error) });
  }
}

/** Passes everything that is written to a stream of this process to a function instead. */
function divert(stream: NodeJS.WriteStream, write: (chunk: string | Uint8Array) => void): void {
  stream.write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    write(typeof chunk === 'string' && typeof encoding === 'string' ? Buffer.from(chunk, encoding as never) : chunk);
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') process.nextTick(done as () => void);
    return true;
  };
}
