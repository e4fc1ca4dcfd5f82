import { isMainThread } from 'node:worker_threads';
import { StateError, named, run } from '@tercet/core';
import { currentRunToken, inRun } from '@tercet/core/lowlevel';
import { livingProcesses } from '../process/living-processes.ts';
import { formatFailure } from './format-failure.ts';
import { Interruption, exitCodeOf } from './interruption.ts';

/** How a program is set up. */
export interface MainOptions {
  /** A name for the task tree; by default that of the body. */
  readonly name?: string;
  /**
   * Called at the first SIGINT or SIGTERM, instead of cancelling the body, so that it can come to an end by itself: stop
   * listening, finish what it has begun. Runs in a task of its own. The next signal cancels the body, and the one after
   * that ends the process at once. What the body returns decides the exit code, unless it is cancelled.
   */
  readonly shutdown?: (signal: NodeJS.Signals) => unknown;
}

/** How long open handles of other libraries may hold a program that has failed or was interrupted: milliseconds. */
const HANDLE_GRACE = 500;

/**
 * A program: runs `body`, and ends the process with the right exit code.
 *
 * - SIGINT (Ctrl-C) and SIGTERM cancel the body: it cleans up, and the exit code is 130 or 143.
 * - A second one ends the process at once, without cleanup. What processes it had started are killed.
 * - SIGQUIT (Ctrl-\) writes the task tree to standard error.
 * - An error is written to standard error, a group with all its members, and the exit code is 1.
 * - Otherwise the exit code is the body's value when that is a number, and 0 if not.
 *
 * Called once, at the top of a program, outside of a run.
 *
 * @param body gets the program's arguments, `process.argv` without the first two.
 * @throws {TypeError} when `body` is not a function. @throws {StateError} inside a run, or in a worker thread.
 * @example
 * await main(async ([file]) => {
 *   await openNursery(async (nursery) => {
 *     nursery.startSoon(watch, file);
 *     nursery.startSoon(serve);
 *   });
 * });
 */
export async function main(body: (argv: string[]) => unknown, options: MainOptions = {}): Promise<void> {
  if (typeof body !== 'function') {
    throw new TypeError(`main() takes a function, not ${typeof body}; pass it without calling it: main(body)`);
  }
  if (inRun()) throw new StateError('main() was called inside a run; call the function itself');
  if (!isMainThread) throw new StateError('main() was called in a worker thread, which gets no signals; use run()');
  const interruption = new Interruption(['SIGINT', 'SIGTERM'], options.shutdown);
  interruption.install();
  let exitCode: number;
  try {
    exitCode = await execute(body, options, interruption);
  } finally {
    interruption.remove();
  }
  process.exitCode = exitCode;
  if (exitCode !== 0) setTimeout(() => process.exit(), HANDLE_GRACE).unref();
}

async function execute(
  body: (argv: string[]) => unknown,
  options: MainOptions,
  interruption: Interruption,
): Promise<number> {
  const { scope } = interruption;
  const name = options.name ?? (body.name || 'main');
  let value: unknown;
  let failed = false;
  try {
    const start = named(name, async () => {
      interruption.runBegins(currentRunToken(), livingProcesses());
      const result = await scope.run(() => body(process.argv.slice(2)));
      interruption.rethrowFailure();
      return result;
    });
    value = await run(start, { name });
    requireExitCode(value);
  } catch (error) {
    failed = true;
    process.stderr.write(`${formatFailure(error)}\n`);
  }
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  if (interruption.cancelledBy !== undefined) return exitCodeOf(interruption.cancelledBy);
  return failed ? 1 : typeof value === 'number' ? value : 0;
}

function requireExitCode(value: unknown): void {
  if (typeof value === 'number' && !(Number.isInteger(value) && value >= 0 && value <= 255)) {
    throw new RangeError(`main(): a number that the body returns is the exit code, 0 to 255, and not ${value}`);
  }
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}
