import { constants } from 'node:os';

/** Signals that no process can receive, ignore or delay. */
const NEVER_DELIVERED: ReadonlySet<string> = new Set(['SIGKILL', 'SIGSTOP']);

/**
 * Checks the name of a signal to listen for. Node does not: to it, any string is the name of an event.
 *
 * @throws {TypeError} when it is not a string. @throws {RangeError} when there is no such signal, or it cannot be received.
 */
export function requireReceivable(signal: NodeJS.Signals, operation: string): void {
  requireSignal(signal, operation);
  if (NEVER_DELIVERED.has(signal)) throw new RangeError(`${operation}: ${signal} cannot be received by any program`);
}

/** @throws {TypeError} when it is not a string. @throws {RangeError} when this system has no such signal. */
export function requireSignal(signal: NodeJS.Signals, operation: string): void {
  if (typeof signal !== 'string')
    throw new TypeError(`${operation}: a signal must be a string such as 'SIGHUP', not ${typeof signal}`);
  if (!Object.hasOwn(constants.signals, signal))
    throw new RangeError(`${operation}: this system has no signal named ${JSON.stringify(signal)}`);
}
