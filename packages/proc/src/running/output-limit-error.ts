import { TercetError } from '@tercet/core';
import { describeCommand } from '../process/describe-command.ts';

/** A process has written more than was to be captured at most, or a line that is longer than allowed. It has been ended. */
export class OutputLimitError extends TercetError {
  static {
    this.prototype.name = 'OutputLimitError';
  }

  /** The command: the program, then its arguments. */
  readonly args: readonly string[];
  /** What had been captured by then; `undefined` when it was not to be. */
  readonly stdout: Uint8Array | undefined;
  readonly stderr: Uint8Array | undefined;

  /** @param excess what there was too much of: `more than the 10 bytes that maxOutput allows`. */
  constructor(args: readonly string[], excess: string, stdout?: Uint8Array, stderr?: Uint8Array) {
    super(`${describeCommand(args)} has written ${excess}; it has been ended`);
    this.args = args;
    const output = { enumerable: false, writable: false };
    Object.defineProperty(this, 'stdout', { value: stdout, ...output });
    Object.defineProperty(this, 'stderr', { value: stderr, ...output });
  }
}
