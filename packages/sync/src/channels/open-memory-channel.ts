import { requireCount } from '../arguments/require-count.ts';
import { ChannelState } from './channel-state.ts';
import type { Overflow } from './channel-state.ts';
import { makeReceiveChannel } from './memory-receive-channel.ts';
import type { MemoryReceiveChannel } from './memory-receive-channel.ts';
import { makeSendChannel } from './memory-send-channel.ts';
import type { MemorySendChannel } from './memory-send-channel.ts';

/**
 * For {@link openMemoryChannel}.
 *
 * @example
 * // A dashboard wants the latest numbers; older ones may go.
 * const [sender, receiver] = openMemoryChannel<number>(1, { overflow: 'drop-oldest' });
 * for (const number of [1, 2, 3]) await sender.send(number);
 * await receiver.receive(); // 3
 * receiver.missed; // 2
 */
export interface MemoryChannelOptions {
  /**
   * The policy when an item is sent and the buffer is full. `'wait'`, the default: the sender waits. `'drop-oldest'`: the
   * oldest item in the buffer makes room. `'drop-newest'`: the item that is being sent is dropped. Dropped items are counted,
   * in `statistics().dropped` and `receiver.missed`.
   */
  readonly overflow?: Overflow;
}

const OVERFLOWS: readonly Overflow[] = ['wait', 'drop-oldest', 'drop-newest'];

/**
 * Opens a channel through which tasks pass objects to each other. With a buffer of 0 it is also called a rendezvous.
 *
 * There is no default for the size of the buffer, since it decides how back-pressure works: with 0 a sender waits until
 * a receiver takes the item; with a small number senders can be a little ahead; with Infinity they never wait, and a
 * receiver that is too slow fills the memory.
 *
 * @param maxBufferSize how many items may wait in the channel; 0 and Infinity are allowed.
 * @throws {TypeError} when it is not a whole number. @throws {RangeError} when it is negative, or for an unknown overflow.
 * @example
 * const [send, receive] = openMemoryChannel<string>(0);
 * await openNursery((nursery) => {
 *   nursery.startSoon(async () => {
 *     using _ = send;
 *     for (const word of ['one', 'two']) await send.send(word);
 *   });
 *   nursery.startSoon(async () => {
 *     for await (const word of receive) console.log(word);
 *   });
 * });
 */
export function openMemoryChannel<T>(
  maxBufferSize: number,
  options: MemoryChannelOptions = {},
): [MemorySendChannel<T>, MemoryReceiveChannel<T>] {
  const capacity = requireCount(maxBufferSize, 'openMemoryChannel(): maxBufferSize');
  const state = new ChannelState(capacity, requireOverflow(options.overflow ?? 'wait', OVERFLOWS));
  return [makeSendChannel<T>(state), makeReceiveChannel<T>(state)];
}

/** @throws {RangeError} when it is none of the choices. */
export function requireOverflow<O extends string>(overflow: O, choices: readonly O[]): O {
  if (choices.includes(overflow)) return overflow;
  throw new RangeError(`overflow must be one of ${choices.join(', ')}, not ${String(overflow)}`);
}
