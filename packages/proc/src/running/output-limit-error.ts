import { TercetError } from '@tercet/core';
import { describeCommand } from '../process/describe-command.ts';

/**
 * A process was ended because it wrote more than `maxOutput` allows, or a line longer than `maxLine` allows.
 *
 * @example
 * try {
 *   await runProcess('yes', [], { captureStdout: true, maxOutput: 1_000_000 });
 * } catch (error) {
 *   if (!(error instanceof OutputLimitError)) throw error;
 *   console.log('too much output');
 * }
 */
export class OutputLimitError extends TercetError {
  static {
    this.prototype.name = 'OutputLimitError';
  }

  /** The command: the program, then its arguments. */
  readonly args: readonly string[];
  /** The standard output captured by then; `undefined` if it was not captured. */
  readonly stdout: Uint8Array | undefined;
  /** The standard error captured by then; `undefined` if it was not captured. */
  readonly stderr: Uint8Array | undefined;

  /** @param excess what the process wrote, such as `more than the 10 bytes that maxOutput allows`. */
  constructor(args: readonly string[], excess: string, stdout?: Uint8Array, stderr?: Uint8Array) {
    super(`${describeCommand(args)} wrote ${excess}; it has been ended`);
    this.args = args;
    const output = { enumerable: false, writable: false };
    Object.defineProperty(this, 'stdout', { value: stdout, ...output });
    Object.defineProperty(this, 'stderr', { value: stderr, ...output });
  }
}
