import { requireCount } from '../require-count.ts';
import { ChannelState } from './channel-state.ts';
import { MemoryReceiveChannel } from './memory-receive-channel.ts';
import { MemorySendChannel } from './memory-send-channel.ts';

/**
 * Opens a channel through which tasks hand each other objects.
 *
 * There is no default for the size of the buffer, since it decides how back-pressure works: with 0 a sender waits until
 * somebody takes the item; with a small number senders can be a little ahead; with Infinity they never wait, and a
 * receiver that is too slow fills the memory.
 *
 * @param maxBufferSize how many items may wait in the channel; 0 and Infinity are allowed.
 * @throws {TypeError} when it is not a whole number. @throws {RangeError} when it is negative.
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
export function openMemoryChannel<T>(maxBufferSize: number): [MemorySendChannel<T>, MemoryReceiveChannel<T>] {
  const state = new ChannelState(requireCount(maxBufferSize, 'openMemoryChannel(): maxBufferSize'));
  return [new MemorySendChannel<T>(state as never), new MemoryReceiveChannel<T>(state as never)];
}
