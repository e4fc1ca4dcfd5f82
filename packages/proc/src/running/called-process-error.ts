import { TercetError } from '@tercet/core';
import { describeExit } from '../process/completed-process.ts';
import type { CompletedProcess } from '../process/completed-process.ts';
import { describeCommand } from '../process/describe-command.ts';

/**
 * A process has failed: its exit code is not 0, or a signal has ended it. `check: false` turns this error off.
 *
 * A process ended by a real-time signal (34 to 64) does not count as failed: Node reports exit code 0 for it.
 *
 * @example
 * try {
 *   await runProcess('git', ['status'], { captureStderr: true, stdout: 'ignore' });
 * } catch (error) {
 *   if (!(error instanceof CalledProcessError)) throw error;
 *   console.log(error.exitCode, error.signal);
 * }
 */
export class CalledProcessError extends TercetError {
  static {
    this.prototype.name = 'CalledProcessError';
  }

  /** The command: the program, then its arguments. */
  readonly args: readonly string[];
  /** `null` if a signal has ended the process. */
  readonly exitCode: number | null;
  /** The signal that has ended the process; `null` if it exited. */
  readonly signal: NodeJS.Signals | null;
  /** Its standard output; `undefined` if it was not captured. */
  readonly stdout: Uint8Array | undefined;
  /** Its standard error; `undefined` if it was not captured. */
  readonly stderr: Uint8Array | undefined;

  constructor(done: CompletedProcess) {
    super(describe(done));
    this.args = done.args;
    this.exitCode = done.exitCode;
    this.signal = done.signal;
    // Not enumerable, so that a printed error does not show kilobytes of numbers.
    const output = { enumerable: false, writable: false };
    Object.defineProperty(this, 'stdout', { value: done.stdout, ...output });
    Object.defineProperty(this, 'stderr', { value: done.stderr, ...output });
  }
}

/** How much of the captured standard error the message shows at most. */
const TAIL_LINES = 10;
const TAIL_BYTES = 2000;

function describe(done: CompletedProcess): string {
  const verb = done.signal === null ? 'failed with' : 'was ended by';
  const text = `${describeCommand(done.args)} ${verb} ${describeExit(done)}`;
  const tail = done.stderr === undefined ? '' : tailOf(done.stderr);
  return tail === '' ? text : `${text}\n${tail}`;
}

function tailOf(stderr: Uint8Array): string {
  const text = new TextDecoder().decode(stderr.subarray(-TAIL_BYTES)).trimEnd();
  const lines = text.split('\n').slice(-TAIL_LINES);
  // The first line may be incomplete.
  const cut = stderr.length > TAIL_BYTES && lines.length > 1 && lines.length < TAIL_LINES;
  return (cut ? lines.slice(1) : lines).join('\n');
}
