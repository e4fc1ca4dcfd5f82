import { describeValue } from '../errors/describe-value.ts';
import { suspend } from '../waiting/suspend.ts';

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

/**
 * Waits for the next event of an emitter, or of an `EventTarget`.
 *
 * It listens from the moment of the call, so an event in the same step is not missed, and takes its listeners off in any
 * case.
 *
 * A checkpoint.
 *
 * @param options.error the event that makes it fail; `'error'` by default, `false` for none.
 * @returns what the listener would get: the arguments of `emit`, or the one `Event`.
 * @throws what comes with the error event: its first argument, or the `error` of an `ErrorEvent`, or the event itself.
 * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
 * @throws {TypeError} when it is not an emitter.
 * @example
 * const [code] = await once<[number]>(child, 'exit');
 */
export function once<T extends unknown[] = unknown[]>(
  emitter: EmitterLike | EventTargetLike,
  event: string | symbol,
  options: { readonly error?: string | false } = {},
): Promise<T> {
  const { error = 'error' } = options;
  return suspend<T>(`event ${String(event)}`, (waker) => {
    const [listen, ignore] = listeningTo(emitter);
    let listens = true;
    const stop = (): void => {
      listens = false;
      ignore(event, onEvent);
      if (error !== false && error !== event) ignore(error, onError);
    };
    const onEvent = (...args: unknown[]): void => {
      // An emitter may call a listener that has been taken off while it emits.
      if (!listens) return;
      stop();
      waker.wake(args as T);
    };
    const onError = (reason: unknown): void => {
      if (!listens) return;
      stop();
      waker.fail(errorOf(reason));
    };
    try {
      listen(event, onEvent);
      if (error !== false && error !== event) listen(error, onError);
    } catch (reason) {
      stop();
      throw reason;
    }
    return () => {
      stop();
      return 'succeeded';
    };
  });
}

type Listening = (event: string | symbol, listener: (...args: any[]) => void) => unknown;

function listeningTo(emitter: Partial<EmitterLike & EventTargetLike>): [listen: Listening, ignore: Listening] {
  if (typeof emitter?.on === 'function' && typeof emitter.off === 'function') {
    return [(event, listener) => emitter.on!(event, listener), (event, listener) => emitter.off!(event, listener)];
  }
  if (typeof emitter?.addEventListener === 'function' && typeof emitter.removeEventListener === 'function') {
    return [
      (event, listener) => emitter.addEventListener!(String(event), listener),
      (event, listener) => emitter.removeEventListener!(String(event), listener),
    ];
  }
  throw new TypeError(`once() takes an EventEmitter or an EventTarget, not ${describeValue(emitter)}`);
}

/** An `ErrorEvent` carries the error; that of an emitter is the error itself. */
function errorOf(reason: unknown): unknown {
  if (typeof reason !== 'object' || reason === null || !('preventDefault' in reason)) return reason;
  return (reason as { readonly error?: unknown }).error ?? reason;
}
