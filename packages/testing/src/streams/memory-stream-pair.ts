import { StapledStream } from '@tercet/streams';
import { MemoryReceiveStream } from './memory-receive-stream.ts';
import { MemorySendStream } from './memory-send-stream.ts';
import { memoryStreamPump } from './memory-stream-pump.ts';

/** One end of {@link memoryStreamPair}: its two halves can be given other hooks. */
export type StapledMemoryStream = StapledStream<MemorySendStream, MemoryReceiveStream>;

/**
 * Two connected streams: what is sent on the first can be received from the second. Between them is memory without a
 * limit, so that sending never blocks; {@link lockstepStreamOneWayPair} is the opposite.
 *
 * The hooks `sendAllHook` and `closeHook` of the sender pump; replace them to hold the data back.
 */
export function memoryStreamOneWayPair(): [MemorySendStream, MemoryReceiveStream] {
  const receiver = new MemoryReceiveStream();
  const sender: MemorySendStream = new MemorySendStream({
    sendAllHook: () => memoryStreamPump(sender, receiver),
    closeHook: () => void memoryStreamPump(sender, receiver),
  });
  return [sender, receiver];
}

/**
 * Two streams that are connected in both directions, each like {@link memoryStreamOneWayPair}: a network connection
 * without a network.
 *
 * @example
 * const [client, server] = memoryStreamPair();
 * nursery.startSoon(() => echo(server));
 * await client.sendAll('hello');
 */
export function memoryStreamPair(): [StapledMemoryStream, StapledMemoryStream] {
  const [firstSender, secondReceiver] = memoryStreamOneWayPair();
  const [secondSender, firstReceiver] = memoryStreamOneWayPair();
  return [new StapledStream(firstSender, firstReceiver), new StapledStream(secondSender, secondReceiver)];
}
