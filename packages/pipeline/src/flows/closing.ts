import type { ReceiveChannel } from '@tercet/sync';
import { sourceOf } from '../describing/source.ts';
import type { FlowSource, SourceDescription } from '../describing/source.ts';
import { isReceiveChannel, OwnedChannel } from '../running/open-source.ts';
import { describe } from '../sections/require.ts';

/**
 * A channel as a source that belongs to the flow: it is closed when the flow ends, however it ends. A channel that is given
 * as it is stays open, with the items that have not been taken.
 *
 * @throws {TypeError} when it is not a channel.
 * @example
 * await pipeline(closing(receive), take(10)).forEach(handle); // then senders get a BrokenResourceError
 */
export function closing<T>(channel: ReceiveChannel<T>): FlowSource<T> {
  if (!isReceiveChannel(channel)) throw new TypeError(`closing() takes a channel, not ${describe(channel)}`);
  return new OwnedSource(new OwnedChannel(channel)) as unknown as FlowSource<T>;
}

class OwnedSource {
  readonly [sourceOf]: SourceDescription;

  constructor(source: OwnedChannel) {
    this[sourceOf] = { source, sections: [], consumed: false };
  }
}
