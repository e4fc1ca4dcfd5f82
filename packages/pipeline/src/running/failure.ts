import { ExceptionGroup, isCancelled, TercetError } from '@tercet/core';
import { describeError, rejectIfCancelled } from '@tercet/core/lowlevel';

/** An error of one section, and the name of that section: `map#2 'parse'`. */
export interface Failure {
  readonly error: unknown;
  readonly label: string;
}

/**
 * Comes to a stage in place of an item, after all items before it: a section above has failed. It carries the
 * failure down to the consumer and is never seen by users.
 */
export class FailedUpstream extends TercetError {
  static {
    this.prototype.name = 'FailedUpstream';
  }
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`${failure.label} has failed`, { cause: failure.error });
    this.failure = failure;
  }
}

/**
 * Whether the error only says that the code at hand is cancelled. A `Cancelled` that comes from elsewhere, such as from a
 * promise that is shared with a cancelled task, is a failure like any other.
 */
export function isOwnCancellation(error: unknown): boolean {
  const hasNothingElse = error instanceof ExceptionGroup ? error.leaves().every(isCancelled) : isCancelled(error);
  return hasNothingElse && rejectIfCancelled('a pipeline') !== undefined;
}

/** The error of the call that consumes a flow. */
export function groupOf(failures: readonly Failure[], others: readonly unknown[]): ExceptionGroup {
  const texts = failures.map(({ error, label }) => `${label}: ${describeError(error)}`);
  const text = texts.length > 0 ? `the pipeline has failed in ${texts.join('; ')}` : 'the pipeline has failed';
  return new ExceptionGroup(text, [...failures.map(({ error }) => error), ...others]);
}
