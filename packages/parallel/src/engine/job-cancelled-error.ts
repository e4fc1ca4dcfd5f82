import { TercetError } from '@tercet/core';

/**
 * Thrown to the callers of a job that was cancelled by its id, with `engine.cancel(id)`.
 *
 * @example
 * const error = new JobCancelledError('resize(): the job was cancelled by its id', 'cat.jpg 200');
 * if (error instanceof JobCancelledError) console.log(error.jobId); // 'cat.jpg 200'
 */
export class JobCancelledError extends TercetError {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'JobCancelledError', writable: true, configurable: true });
  }

  /** The id of the job. */
  readonly jobId: string;

  /** Made when the engine reports that a job was cancelled. */
  constructor(message: string, jobId: string) {
    super(message);
    this.jobId = jobId;
  }
}
