import type { AsyncResource } from './async-resource.ts';

/**
 * Data that can be sent: any view of bytes, or a string, which is sent as UTF-8.
 *
 * @example
 * const greet = async (stream: SendStream, data: Sendable): Promise<void> => await stream.sendAll(data);
 * const [stream] = memoryStreamPair();
 * await greet(stream, 'hello');
 * await greet(stream, new Uint8Array([1, 2, 3]));
 */
export type Sendable = ArrayBufferView | string;

/**
 * A stream on which bytes can be sent.
 *
 * @example
 * async function sendLines(stream: SendStream, lines: Iterable<string>): Promise<void> {
 *   for (const line of lines) await stream.sendAll(`${line}\n`); // waits for the peer to keep up
 * }
 * const [stream, peer] = memoryStreamPair();
 * await sendLines(stream, ['one', 'two']);
 * await peer.receiveSome(); // the bytes of 'one\ntwo\n'
 */
export interface SendStream extends AsyncResource {
  /**
   * Sends all of `data`, and waits until the transport has accepted it. Empty data sends nothing. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled. Any part of the data may have been sent.
   * @throws {BusyResourceError} when another task is sending on this stream. That task is not disturbed.
   * @throws {BrokenResourceError} when the peer has gone or the connection is lost.
   * @throws {ClosedResourceError} when the stream is closed, or another task closes it meanwhile.
   * @throws {TypeError} when `data` is neither a string nor a view of bytes.
   */
  sendAll(data: Sendable): Promise<void>;

  /**
   * Waits until `sendAll` would probably not have to wait. It may return too early, but never too late. Call it first to
   * decide as late as possible what to send. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled.
   * @throws {BusyResourceError} when another task is sending on this stream, or waits to send.
   * @throws {BrokenResourceError} when the peer has gone or the connection is lost.
   * @throws {ClosedResourceError} when the stream is closed, or another task closes it meanwhile.
   */
  waitSendAllMightNotBlock(): Promise<void>;
}
