import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { isCancelled } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { openMemoryChannel } from '@tercet/sync';

/** The results of a call: its output, in pieces, and at the end the reason if it has failed. */
export type CallItem = string | Uint8Array | { readonly failure: string };

/** Runs in a worker, which it has to itself: calls a function, and yields what it writes to the standard streams meanwhile. */
export async function* callFunction(
  module: string,
  name: string,
  args: readonly unknown[],
  cwd: string,
): AsyncGenerator<CallItem> {
  // oxlint-disable-next-line @tercet/no-unbounded-channel -- writing to a standard stream cannot wait
  const [output, written] = openMemoryChannel<CallItem>(Infinity);
  const write = (chunk: CallItem): void => output.sendNowait(chunk);
  divert(process.stdout, write);
  divert(process.stderr, write);
  const ended = call(module, name, args, cwd, write).finally(() => output.close());
  try {
    yield* written;
  } finally {
    // Also when the job is cancelled: the function has been, too, and may write while it cleans up.
    // oxlint-disable-next-line @tercet/no-unshielded-await-in-finally -- a promise that has begun is no checkpoint
    await ended;
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

/** Has a function called with all that is written to a stream of this process. */
function divert(stream: NodeJS.WriteStream, write: (chunk: string | Uint8Array) => void): void {
  stream.write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    write(typeof chunk === 'string' && typeof encoding === 'string' ? Buffer.from(chunk, encoding as never) : chunk);
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') process.nextTick(done as () => void);
    return true;
  };
}
