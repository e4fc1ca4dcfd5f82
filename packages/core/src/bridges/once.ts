import { errorOfEvent, listeningTo } from '../foreign/emitters.ts';
import type { EmitterLike, EventTargetLike } from '../foreign/emitters.ts';
import { suspend } from '../waiting/suspend.ts';

/**
 * Waits for the next event of an emitter or an `EventTarget`.
 *
 * It listens from the moment of the call, so it does not miss an event in the same step. It removes its listeners in all cases,
 * also when it is cancelled.
 *
 * A checkpoint.
 *
 * @param options.error the name of the event that makes it fail; `'error'` by default, `false` for none.
 * @returns the arguments that a listener gets: those of `emit`, or the one `Event`.
 * @throws the first argument of the error event; for an `ErrorEvent` its `error`.
 * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
 * @throws {TypeError} when `emitter` is neither an emitter nor an `EventTarget`.
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
      // While an emitter emits, it may still call a listener that has been removed.
      if (!listens) return;
      try {
        stop();
      } finally {
        waker.wake(args as T);
      }
    };
    const onError = (reason: unknown): void => {
      if (!listens) return;
      try {
        stop();
      } finally {
        waker.fail(errorOfEvent(reason));
      }
    };
    try {
      listen(event, onEvent);
      if (error !== false && error !== event) listen(error, onError);
      // An emitter may call a listener at once, before the other one has been added.
      if (!listens) stop();
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
