import { BrokenResourceError } from '@tercet/core';
import type { EmitterLike, EventTargetLike } from '@tercet/core';
import { errorOfEvent, listeningTo } from '@tercet/core/lowlevel';
import { requireCount } from '../arguments/require-count.ts';
import { ChannelState } from './channel-state.ts';
import { requireOverflow } from './open-memory-channel.ts';
import { makeReceiveChannel } from './memory-receive-channel.ts';
import type { MemoryReceiveChannel } from './memory-receive-channel.ts';

/**
 * For {@link receiveEvents}.
 *
 * @example
 * import { EventEmitter } from 'node:events';
 *
 * const upload = new EventEmitter();
 * const options: ReceiveEventsOptions = { buffer: 100, overflow: 'drop-oldest', end: ['end', 'close'] };
 * using progress = receiveEvents<[number]>(upload, 'progress', options);
 * upload.emit('progress', 50);
 * upload.emit('end');
 * for await (const [percent] of progress) console.log(percent); // 50
 */
export interface ReceiveEventsOptions {
  /** How many events may wait to be received; Infinity is allowed. An emitter cannot be made to wait. */
  readonly buffer: number;
  /**
   * The policy when the buffer is full. `'fail'`, the default: after the events in the buffer, the channel ends with a
   * `BrokenResourceError`. `'drop-oldest'`, `'drop-newest'`: an event is dropped, and counted in `missed`.
   */
  readonly overflow?: 'drop-oldest' | 'drop-newest' | 'fail';
  /** The event, or the events, after which the channel ends; none by default. */
  readonly end?: string | readonly string[];
  /** The event that makes it fail; `'error'` by default, `false` for none. */
  readonly error?: string | false;
}

const OVERFLOWS = ['drop-oldest', 'drop-newest', 'fail'] as const;

/**
 * The events of an emitter, or of an `EventTarget`, as a channel: none that comes while a task is busy is missed, up to the
 * size of the buffer. Not a checkpoint; may be called outside of a run.
 *
 * It listens from the call on. Closing the channel takes the listeners off, and so does its end.
 *
 * @typeParam T the arguments of the event
 * @returns a channel of what a listener would get: the arguments of `emit`, or the one `Event`.
 * @throws {TypeError} when it is not an emitter, or the buffer not a whole number. @throws {RangeError} when the buffer is
 * smaller than 1, or for an unknown overflow.
 * @example
 * using clicks = receiveEvents<[MouseEvent]>(button, 'click', { buffer: 16, overflow: 'drop-oldest' });
 * for await (const [click] of clicks) await handle(click);
 */
export function receiveEvents<T extends unknown[] = unknown[]>(
  emitter: EmitterLike | EventTargetLike,
  event: string | symbol,
  options: ReceiveEventsOptions,
): MemoryReceiveChannel<T> {
  const [listen, ignore] = listeningTo(emitter, 'receiveEvents()');
  const buffer = requireCount(options.buffer, 'receiveEvents(): buffer');
  if (buffer < 1) throw new RangeError('receiveEvents(): buffer must be at least 1, since an emitter does not wait');
  const overflow = requireOverflow(options.overflow ?? 'fail', OVERFLOWS);
  const { end = [], error = 'error' } = options;
  const state = new ChannelState(buffer, overflow === 'fail' ? 'wait' : overflow);
  state.openSenders = 1;

  const onEvent = (...args: unknown[]): void => {
    if (state.openSenders === 0 || state.put(args)) return;
    fail(new BrokenResourceError(`receiveEvents(): more than ${buffer} events ${String(event)} are waiting`));
  };
  const fail = (reason: unknown): void => {
    stop();
    state.fail(reason);
  };
  const onError = (reason: unknown): void => fail(errorOfEvent(reason));
  const onEnd = (): void => {
    stop();
    if (state.openSenders > 0) state.closeSender(state);
  };
  const listeners: [string | symbol, (...args: any[]) => void][] = [[event, onEvent]];
  for (const each of typeof end === 'string' ? [end] : end) listeners.push([each, onEnd]);
  if (error !== false && error !== event) listeners.push([error, onError]);
  const stop = (): void => {
    for (const [name, listener] of listeners.splice(0)) ignore(name, listener);
  };

  state.onDemand = () => {
    if (state.openReceivers === 0) stop();
  };
  try {
    for (const [name, listener] of [...listeners]) listen(name, listener);
  } catch (reason) {
    stop();
    throw reason;
  }
  return makeReceiveChannel<T>(state);
}
