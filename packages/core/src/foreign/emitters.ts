import { describeValue } from '../errors/describe-value.ts';

/** An EventEmitter of Node, or another object with its `on` and `off`. */
export interface EmitterLike {
  on(event: string | symbol, listener: (...args: any[]) => void): unknown;
  off(event: string | symbol, listener: (...args: any[]) => void): unknown;
}

/** An `EventTarget`, or another object with its two methods. */
export interface EventTargetLike {
  addEventListener(event: string, listener: (event: any) => void): void;
  removeEventListener(event: string, listener: (event: any) => void): void;
}

/** Adds or removes a listener. */
export type Listening = (event: string | symbol, listener: (...args: any[]) => void) => unknown;

/**
 * The functions that add and remove listeners of an emitter of either kind.
 *
 * @param operation the operation that the error names: `'once()'`.
 * @throws {TypeError} when it is neither kind of emitter.
 */
export function listeningTo(
  emitter: Partial<EmitterLike & EventTargetLike>,
  operation: string,
): [listen: Listening, ignore: Listening] {
  if (typeof emitter?.on === 'function' && typeof emitter.off === 'function') {
    return [(event, listener) => emitter.on!(event, listener), (event, listener) => emitter.off!(event, listener)];
  }
  if (typeof emitter?.addEventListener === 'function' && typeof emitter.removeEventListener === 'function') {
    return [
      (event, listener) => emitter.addEventListener!(String(event), listener),
      (event, listener) => emitter.removeEventListener!(String(event), listener),
    ];
  }
  throw new TypeError(`${operation} takes an EventEmitter or an EventTarget, not ${describeValue(emitter)}`);
}

/** The error of an error event: an `ErrorEvent` has it as a field, an emitter passes it as the argument. */
export function errorOfEvent(reason: unknown): unknown {
  if (typeof reason !== 'object' || reason === null || !('preventDefault' in reason)) return reason;
  return (reason as { readonly error?: unknown }).error ?? reason;
}
