import { describeValue } from '../errors/describe-value.ts';

/**
 * An EventEmitter of Node, or another object with its `on` and `off`.
 *
 * @example
 * import { EventEmitter } from 'node:events';
 *
 * const firstLine = async (emitter: EmitterLike): Promise<unknown> => (await once(emitter, 'line'))[0];
 * const emitter = new EventEmitter();
 * setTimeout(() => emitter.emit('line', 'hello'), 5);
 * await firstLine(emitter); // 'hello'
 */
export interface EmitterLike {
  on(event: string | symbol, listener: (...args: any[]) => void): unknown;
  off(event: string | symbol, listener: (...args: any[]) => void): unknown;
}

/**
 * An `EventTarget`, or another object with its two methods.
 *
 * @example
 * const firstMessage = async (target: EventTargetLike): Promise<unknown> => await once(target, 'message');
 * const target = new EventTarget();
 * setTimeout(() => target.dispatchEvent(new globalThis.Event('message')), 5);
 * await firstMessage(target);
 */
export interface EventTargetLike {
  addEventListener(event: string, listener: (event: any) => void): void;
  removeEventListener(event: string, listener: (event: any) => void): void;
}

/**
 * Adds or removes a listener.
 *
 * @example
 * // Listens, and returns the function that ends it.
 * function subscribe(listen: Listening, ignore: Listening, event: string, listener: () => void): () => void {
 *   listen(event, listener);
 *   return () => void ignore(event, listener);
 * }
 */
export type Listening = (event: string | symbol, listener: (...args: any[]) => void) => unknown;

/**
 * The functions that add and remove listeners of an emitter of either kind.
 *
 * @param operation the operation that the error names: `'once()'`.
 * @throws {TypeError} when it is neither kind of emitter.
 * @example
 * import { EventEmitter } from 'node:events';
 *
 * const emitter = new EventEmitter();
 * const [listen, ignore] = listeningTo(emitter, 'lines()'); // the same for an EventTarget
 * const print = (line: string): void => console.log(line);
 * listen('line', print);
 * emitter.emit('line', 'hello');
 * ignore('line', print);
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

/**
 * The error of an error event: an `ErrorEvent` has it as a field, an emitter passes it as the argument.
 *
 * @example
 * errorOfEvent(new Error('reset')); // of an EventEmitter: the error itself
 * const event = Object.assign(new globalThis.Event('error'), { error: new Error('reset') });
 * errorOfEvent(event); // of an EventTarget: the error in the event
 */
export function errorOfEvent(reason: unknown): unknown {
  if (typeof reason !== 'object' || reason === null || !('preventDefault' in reason)) return reason;
  return (reason as { readonly error?: unknown }).error ?? reason;
}
