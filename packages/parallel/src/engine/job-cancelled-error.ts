import { TercetError } from '@tercet/core';

/**
 * A job was cancelled by somebody else, by its id, while its caller waited for it.
 *
 * @example
 * const isWanted = (error: unknown) => !(error instanceof JobCancelledError);
 * console.log(isWanted(new Error('another one')));
 */
export class JobCancelledError extends TercetError {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'JobCancelledError', writable: true, configurable: true });
  }

  /** The id of the job. */
  readonly jobId: string;

  /** Made when the engine tells that a job was cancelled. */
  constructor(message: string, jobId: string) {
    super(message);
    this.jobId = jobId;
  }
}
