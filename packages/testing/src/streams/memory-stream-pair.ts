import { StapledStream } from '@tercet/streams';
import { MemoryReceiveStream } from './memory-receive-stream.ts';
import { MemorySendStream } from './memory-send-stream.ts';
import { memoryStreamPump } from './memory-stream-pump.ts';

/**
 * One side of {@link memoryStreamPair}. The hooks of its two halves can be replaced.
 *
 * @example
 * const [client, server]: [StapledMemoryStream, StapledMemoryStream] = memoryStreamPair();
 * client.sendStream.sendAllHook = async () => {
 *   await sleep(5); // a slow line
 *   memoryStreamPump(client.sendStream, server.receiveStream);
 * };
 * await client.sendAll('hello');
 * await server.receiveSome();
 */
export type StapledMemoryStream = StapledStream<MemorySendStream, MemoryReceiveStream>;

/**
 * Makes two connected streams: data sent on the first can be received from the second. Between them is memory without a limit,
 * so sending never blocks. {@link lockstepStreamOneWayPair} is the opposite.
 *
 * The sender's `sendAllHook` and `closeHook` call {@link memoryStreamPump}. Replace them to hold the data back.
 *
 * @example
 * const [sender, receiver] = memoryStreamOneWayPair();
 * await sender.sendAll('hello');
 * const greeting = await receiver.receiveSome();
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
 * Makes two streams that are connected in both directions, each like {@link memoryStreamOneWayPair}: a network connection
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
