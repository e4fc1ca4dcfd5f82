import { requireCount } from '../arguments/require-count.ts';
import { Broadcast } from './broadcast.ts';
import type { BroadcastOverflow } from './broadcast.ts';
import { makeBroadcastSender } from './broadcast-sender.ts';
import type { BroadcastSender } from './broadcast-sender.ts';
import { requireOverflow } from './open-memory-channel.ts';
import type { MemoryReceiveChannel } from './memory-receive-channel.ts';

/**
 * For {@link openBroadcastChannel}.
 *
 * @example
 * // A slow subscriber misses prices; a new one gets the latest price at once.
 * const options: BroadcastOptions = { buffer: 10, overflow: 'drop-oldest', replay: 1 };
 * const [prices, subscribe] = openBroadcastChannel<number>(options);
 * await prices.send(42);
 * using subscription = subscribe();
 * await subscription.receive(); // 42
 */
export interface BroadcastOptions {
  /**
   * How many items may wait for each subscriber; 0 and Infinity are allowed. With 0, an item is handed only to tasks that wait for
   * it, so `receiveNowait` and `tryReceive` get nothing.
   */
  readonly buffer: number;
  /**
   * The policy when the buffer of a subscriber is full. `'wait'`: the sender waits, so that the slowest subscriber sets
   * the pace. `'drop-oldest'`, `'drop-newest'`: that subscriber misses an item, which `receiver.missed` counts. `'fail'`:
   * that subscriber gets a `BrokenResourceError` after what is in its buffer; the others go on.
   */
  readonly overflow: BroadcastOverflow;
  /** How many of the latest items a new subscriber gets first; 0 by default, and not more than `buffer`. */
  readonly replay?: number;
}

const OVERFLOWS: readonly BroadcastOverflow[] = ['wait', 'drop-oldest', 'drop-newest', 'fail'];

/**
 * Opens a channel whose items reach every subscriber. A subscriber gets everything that is sent from its subscription on, in
 * order, unless the overflow makes it miss some; it ends its subscription by closing its receiving end.
 *
 * With no subscriber, items go nowhere, which is not an error. Closing the sender ends each subscriber after what is in its
 * buffer.
 *
 * @returns the sending end, and a function that makes a new subscriber.
 * @throws {TypeError} when a number is not a whole number. @throws {RangeError} when one is negative, `replay` is more than
 * `buffer`, or for an unknown overflow.
 * @example
 * const [news, subscribe] = openBroadcastChannel<string>({ buffer: 16, overflow: 'drop-oldest' });
 * nursery.startSoon(async () => {
 *   using mine = subscribe();
 *   for await (const item of mine) show(item);
 * });
 * await news.send('it works');
 */
export function openBroadcastChannel<T>(
  options: BroadcastOptions,
): [BroadcastSender<T>, () => MemoryReceiveChannel<T>] {
  const buffer = requireCount(options.buffer, 'openBroadcastChannel(): buffer');
  const replay = requireCount(options.replay ?? 0, 'openBroadcastChannel(): replay');
  if (replay > buffer)
    throw new RangeError(`openBroadcastChannel(): replay must not be more than buffer, as ${replay} is`);
  const broadcast = new Broadcast(buffer, requireOverflow(options.overflow, OVERFLOWS), replay);
  return [makeBroadcastSender<T>(broadcast), () => broadcast.subscribe() as MemoryReceiveChannel<T>];
}
