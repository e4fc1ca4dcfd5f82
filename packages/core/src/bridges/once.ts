import { errorOfEvent, listeningTo } from '../foreign/emitters.ts';
import type { EmitterLike, EventTargetLike } from '../foreign/emitters.ts';
import { suspend } from '../waiting/suspend.ts';

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
    const [listen, ignore] = listeningTo(emitter, 'once()');
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
      waker.fail(errorOfEvent(reason));
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
