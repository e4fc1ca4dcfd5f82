import type { ReceiveStream } from './receive-stream.ts';
import type { SendStream } from './send-stream.ts';

/**
 * A stream of bytes in both directions. One task may send while another one receives.
 *
 * @example
 * // Copies everything, in both directions.
 * async function connect(a: Stream, b: Stream): Promise<void> {
 *   const copy = async (from: Stream, to: Stream): Promise<void> => {
 *     for await (const chunk of from) await to.sendAll(chunk);
 *   };
 *   await all([() => copy(a, b), () => copy(b, a)]);
 * }
 * const [here, there] = [memoryStreamPair(), memoryStreamPair()];
 * await moveOnAfter(5, () => connect(here[1], there[0]));
 */
export interface Stream extends SendStream, ReceiveStream {}

/**
 * A stream whose sending direction can be ended while receiving goes on: a half-close.
 *
 * @example
 * // Sends a request, and receives the answer until its end.
 * async function ask(stream: HalfCloseableStream, question: string): Promise<string> {
 *   await stream.sendAll(question);
 *   await stream.sendEof(); // the peer knows that the question is complete
 *   let answer = '';
 *   for await (const chunk of stream) answer += Buffer.from(chunk).toString();
 *   return answer;
 * }
 * const [client, server] = memoryStreamPair();
 * await all([() => ask(client, 'how much?'), async () => {
 *   for await (const chunk of server) await server.sendAll(chunk);
 *   await server.sendEof();
 * }]);
 */
export interface HalfCloseableStream extends Stream {
  /**
   * Ends the sending direction: the peer receives everything that was sent, and then the end. Receiving goes on. Calling it
   * again has no effect. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled.
   * @throws {BusyResourceError} when another task is sending on this stream.
   * @throws {BrokenResourceError} when the peer has gone or the connection is lost.
   * @throws {ClosedResourceError} when the stream is closed.
   */
  sendEof(): Promise<void>;
}
