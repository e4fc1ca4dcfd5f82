import type { Selectable } from '@tercet/core/lowlevel';
import { MemoryReceiveChannel, stepping } from '../channels/memory-receive-channel.ts';
import { select } from './select.ts';

/**
 * The items of several channels in one loop, as they come, until all channels have ended. Nothing is lost when the loop is
 * left: what has not been given to it is still in its channel.
 *
 * Each step is a checkpoint. Leaving the loop closes nothing. A channel that always has items does not keep out the others.
 *
 * @throws {ClosedResourceError} in the loop, when one of the handles is closed.
 * @throws {Cancelled} in the loop, when the surrounding scope is cancelled.
 * @throws {TypeError} when one is not the receiving end of a memory channel.
 * @example
 * const [user, fromUsers] = openMemoryChannel<string>(1);
 * const [timer, fromTimers] = openMemoryChannel<string>(1);
 * await user.send('hello');
 * await timer.send('it is noon');
 * for (const sender of [user, timer]) sender.close();
 * for await (const message of merge(fromUsers, fromTimers)) console.log(message); // until both have ended
 */
export function merge<T>(...channels: readonly MemoryReceiveChannel<T>[]): AsyncIterable<T> {
  for (const channel of channels) {
    if (!(channel instanceof MemoryReceiveChannel))
      throw new TypeError('merge() takes the receiving ends of memory channels');
  }
  return { [Symbol.asyncIterator]: () => steps(channels) };
}

async function* steps<T>(channels: readonly MemoryReceiveChannel<T>[]): AsyncGenerator<T, undefined> {
  const open: Record<string, Selectable<IteratorResult<T>>> = {};
  channels.forEach((channel, index) => (open[`channel ${index}`] = stepping(channel)));
  while (Object.keys(open).length > 0) {
    const { key, value: step } = await select(open, { fair: true });
    if (step.done === true) delete open[key];
    else yield step.value;
  }
  return undefined;
}
