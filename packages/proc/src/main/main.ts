import { isMainThread } from 'node:worker_threads';
import { StateError, named, run } from '@tercet/core';
import { currentRunToken, inRun } from '@tercet/core/lowlevel';
import { StandardOutput } from '../standard-streams/standard-output.ts';
import { livingProcesses } from '../process/living-processes.ts';
import { formatFailure } from './format-failure.ts';
import { Interruption, exitCodeOf } from './interruption.ts';

/** How a program is set up. */
export interface MainOptions {
  /** A name for the task tree; by default that of the body. */
  readonly name?: string;
  /**
   * Called at the first SIGINT, SIGTERM or SIGHUP, instead of cancelling the body, so that it can come to an end by itself: stop
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
 * - SIGINT (Ctrl-C), SIGTERM and SIGHUP (the terminal was closed) cancel the body: it cleans up, and the exit code is 130,
 *   143 or 129.
 * - Another one, more than 500 milliseconds later, ends the process at once, without cleanup. What processes it had started
 *   are killed. Those that come earlier are taken for the same one: it may reach a program in several ways.
 * - SIGQUIT (Ctrl-\) writes the task tree to standard error.
 * - An error is written to standard error, a group with all its members, and the exit code is 1, unless `process.exitCode`
 *   was set to another one than 0.
 * - Otherwise the exit code is the body's value when that is a number. If not, it is what `process.exitCode` was set to.
 * - A standard output that nobody reads any more is no error of the process: writing to `openStdout()` throws then, and
 *   `console.log` writes to nobody.
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
  const interruption = new Interruption(['SIGINT', 'SIGTERM', 'SIGHUP'], options.shutdown);
  interruption.install();
  // While they are held, an output that breaks is an error of whoever writes, and does not end the process.
  const outputs = standardOutputs();
  for (const output of outputs) output.hold();
  let exitCode: number;
  try {
    exitCode = await execute(body, options, interruption);
  } finally {
    interruption.remove();
    // Node reports the error of a write after its callback.
    setImmediate(() => outputs.forEach((output) => output.release()));
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
    StandardOutput.of('stderr').write(`${formatFailure(error)}\n`);
  }
  await Promise.all(standardOutputs().map((output) => output.drain()));
  if (interruption.cancelledBy !== undefined) return exitCodeOf(interruption.cancelledBy);
  if (!failed && typeof value === 'number') return value;
  return Number(process.exitCode ?? 0) || (failed ? 1 : 0);
}

function standardOutputs(): StandardOutput[] {
  return [StandardOutput.of('stdout'), StandardOutput.of('stderr')];
}

function requireExitCode(value: unknown): void {
  if (typeof value === 'number' && !(Number.isInteger(value) && value >= 0 && value <= 255)) {
    throw new RangeError(`main(): a number that the body returns is the exit code, 0 to 255, and not ${value}`);
  }
}
