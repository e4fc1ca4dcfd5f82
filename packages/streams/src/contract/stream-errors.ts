import { BrokenResourceError, BusyResourceError, ClosedResourceError } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';

/** What is said when this side has closed the stream. */
export function closedError(operation: string, name: string): ClosedResourceError {
  return new ClosedResourceError(`${operation}: ${name} is closed`);
}

/** What is said to the second of two tasks. */
export function busyError(operation: string, name: string, doing: string): BusyResourceError {
  return new BusyResourceError(`${operation}: another task is ${doing} ${name}`);
}

/** What is said when the stream has failed, and not because this side closed it. */
export function brokenError(operation: string, name: string, cause: unknown): BrokenResourceError {
  return new BrokenResourceError(`${operation}: ${name} is broken: ${describeError(cause)}`, { cause });
}
