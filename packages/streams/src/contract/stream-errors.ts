import { BrokenResourceError, BusyResourceError, ClosedResourceError } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';

/**
 * The error when this side has closed the stream. @param name of the stream, as in `the connection to 127.0.0.1:80`.
 *
 * @example
 * closedError('sendAll()', 'the connection to 127.0.0.1:80').message;
 * // 'sendAll(): the connection to 127.0.0.1:80 is closed'
 */
export function closedError(operation: string, name: string): ClosedResourceError {
  return new ClosedResourceError(`${operation}: ${name} is closed`);
}

/**
 * The error for a second task. @param doing what the first one does, as in `sending on`.
 *
 * @example
 * busyError('receiveSome()', 'the connection', 'receiving on').message;
 * // 'receiveSome(): another task is receiving on the connection'
 */
export function busyError(operation: string, name: string, doing: string): BusyResourceError {
  return new BusyResourceError(`${operation}: another task is ${doing} ${name}`);
}

/**
 * The error when the stream has failed, and this side did not close it.
 *
 * @example
 * const lost = new Error('read ECONNRESET');
 * brokenError('receiveSome()', 'the connection to 127.0.0.1:80', lost).message;
 * // 'receiveSome(): the connection to 127.0.0.1:80 is broken: Error: read ECONNRESET'
 */
export function brokenError(operation: string, name: string, cause: unknown): BrokenResourceError {
  return new BrokenResourceError(`${operation}: ${name} is broken: ${describeError(cause)}`, { cause });
}
