import { constants } from 'node:os';

/** The system delivers them to nobody: they cannot be received, ignored or put off. */
const NEVER_DELIVERED: ReadonlySet<string> = new Set(['SIGKILL', 'SIGSTOP']);

/**
 * Checks the name of a signal that is to be received: Node takes any text for the name of an event.
 *
 * @throws {TypeError} when it is no text. @throws {RangeError} when there is no such signal, or it cannot be received.
 */
export function requireReceivable(signal: NodeJS.Signals, operation: string): void {
  requireSignal(signal, operation);
  if (NEVER_DELIVERED.has(signal)) throw new RangeError(`${operation}: ${signal} cannot be received by any program`);
}

/** @throws {TypeError} when it is no text. @throws {RangeError} when there is no such signal. */
export function requireSignal(signal: NodeJS.Signals, operation: string): void {
  if (typeof signal !== 'string')
    throw new TypeError(`${operation}: a signal is a text such as 'SIGHUP', not ${typeof signal}`);
  if (!Object.hasOwn(constants.signals, signal))
    throw new RangeError(`${operation}: this system has no signal ${JSON.stringify(signal)}`);
}
