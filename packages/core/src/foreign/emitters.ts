import { describeValue } from '../errors/describe-value.ts';

/** An emitter of Node, or whatever has its `on` and `off`. */
export interface EmitterLike {
  on(event: string | symbol, listener: (...args: any[]) => void): unknown;
  off(event: string | symbol, listener: (...args: any[]) => void): unknown;
}

/** An `EventTarget`, or whatever has its two methods. */
export interface EventTargetLike {
  addEventListener(event: string, listener: (event: any) => void): void;
  removeEventListener(event: string, listener: (event: any) => void): void;
}

/** Adds a listener, or takes it off. */
export type Listening = (event: string | symbol, listener: (...args: any[]) => void) => unknown;

/**
 * The ways to begin and to end listening to an emitter of either kind.
 *
 * @param operation who asks, for the error: `'once()'`.
 * @throws {TypeError} when it is neither.
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

/** The error that an error event brings: an `ErrorEvent` carries it, an emitter gives it as it is. */
export function errorOfEvent(reason: unknown): unknown {
  if (typeof reason !== 'object' || reason === null || !('preventDefault' in reason)) return reason;
  return (reason as { readonly error?: unknown }).error ?? reason;
}
