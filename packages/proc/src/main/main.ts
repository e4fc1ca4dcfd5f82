import { isMainThread } from 'node:worker_threads';
import { StateError, named, run } from '@tercet/core';
import type { Duration } from '@tercet/core';
import { currentRunToken, inRun, toMilliseconds } from '@tercet/core/lowlevel';
import { StandardOutput } from '../standard-streams/standard-output.ts';
import { livingProcesses } from '../process/living-processes.ts';
import { formatFailure } from './format-failure.ts';
import { exitCodeOf } from '../signals/raise-signal.ts';
import { Interruption } from './interruption.ts';

/**
 * The options of `main`.
 *
 * @example
 * // After the first Ctrl-C, requests that have begun may take ten seconds to end.
 * const options: MainOptions = { name: 'server', grace: { seconds: 10 } };
 * await main(() => sleep(5), options);
 */
export interface MainOptions {
  /** The name of the program in the task tree; by default the name of the body. */
  readonly name?: string;
  /**
   * How long the program may take to end after the first SIGINT, SIGTERM or SIGHUP: milliseconds, or `{ seconds: 10 }`. That
   * signal shuts the body down, as `scope.shutdown` does: what runs in `untilShutdown` ends, and everything else goes on until
   * the grace is over. 0 by default: the signal cancels the body at once. `Infinity`: only the next signal does.
   */
  readonly grace?: Duration;
}

/** How long a program that has failed or was interrupted waits for open handles of other libraries: milliseconds. */
const HANDLE_GRACE = 500;

/**
 * The entry point of a program: runs `body`, then ends the process with the right exit code.
 *
 * - SIGINT (Ctrl-C), SIGTERM and SIGHUP (the terminal was closed) cancel the body. It cleans up, and the exit code is 130,
 *   143 or 129. On Windows, so does SIGBREAK (Ctrl-Break), with 149.
 * - With a `grace`, the first signal only shuts the body down: it takes no new work, and finishes what it has begun. A body
 *   that ends in time decides the exit code as usual. When the grace is over, or at the next signal, the body is cancelled.
 * - A signal to a body that is already cancelled ends the process at once, without cleanup; processes it has started are
 *   killed. Signals within 500 milliseconds count as one, because the same signal may reach a program in several ways.
 * - SIGQUIT (Ctrl-\) writes the task tree to standard error.
 * - An error is written to standard error, a group with all its members. The exit code is 1, unless `process.exitCode` is
 *   set to another code than 0.
 * - Otherwise the exit code is the value of the body if that is a number, and `process.exitCode` if not.
 * - When the reader of standard output goes away, the process goes on: writing to `openStdout()` throws, and the output of
 *   `console.log` is dropped.
 *
 * To be called once, at the top of a program, outside of a run.
 *
 * @param body gets the arguments of the program: `process.argv` without its first two.
 * @throws {TypeError} when `body` is not a function, or `grace` is not a duration. @throws {RangeError} when `grace` is
 * negative or NaN. @throws {StateError} inside a run, or in a worker thread.
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
    throw new TypeError(
      `main() takes a function, not ${typeof body}; pass the function without calling it: main(body)`,
    );
  }
  if (inRun()) throw new StateError('main() was called inside a run; call the body directly');
  if (!isMainThread) throw new StateError('main() was called in a worker thread, which gets no signals; use run()');
  const grace = toMilliseconds(options.grace ?? 0, 'main(): grace');
  const interruption = new Interruption(endingSignals(), grace);
  interruption.install();
  // While this holds the outputs, an output that breaks is an error for its writers, and does not end the process.
  const outputs = standardOutputs();
  for (const output of outputs) output.hold();
  let exitCode: number;
  try {
    exitCode = await execute(body, options, interruption);
  } finally {
    interruption.remove();
    // Node emits the error of a write after its callback.
    setImmediate(() => outputs.forEach((output) => output.release()));
  }
  process.exitCode = exitCode;
  if (exitCode !== 0 || interruption.begun) setTimeout(() => process.exit(), HANDLE_GRACE).unref();
}

/** The signals that ask a program to end. */
function endingSignals(): NodeJS.Signals[] {
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  // Ctrl-Break, which supervisors send there.
  return process.platform === 'win32' ? [...signals, 'SIGBREAK'] : signals;
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
    const start = named(name, () => {
      interruption.runBegins(currentRunToken(), livingProcesses());
      return scope.run(() => body(process.argv.slice(2)));
    });
    value = await run(start, { name });
    requireExitCode(value);
    // oxlint-disable-next-line @tercet/no-swallowed-cancel -- the run is over
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
    throw new RangeError(`main(): the body returned ${value}, but an exit code must be an integer from 0 to 255`);
  }
}
