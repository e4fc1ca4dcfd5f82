import type { AsyncResource } from './async-resource.ts';

/**
 * A stream from which bytes can be received.
 *
 * Iterating over it calls `receiveSome` until the end. Neither the end nor leaving the loop closes the stream.
 *
 * @example
 * async function print(stream: ReceiveStream): Promise<void> {
 *   for await (const chunk of stream) process.stdout.write(chunk);
 * }
 * const [stream, peer] = memoryStreamPair();
 * await peer.sendAll('hello\n');
 * await peer.sendEof();
 * await print(stream);
 */
export interface ReceiveStream extends AsyncResource, AsyncIterable<Uint8Array> {
  /**
   * Waits until bytes are available, and receives them: at least one. A checkpoint.
   *
   * @param maxBytes the largest number of bytes to receive. If left out, the stream chooses.
   * @returns bytes that belong to the caller; `null` after the sender has ended the stream, every time.
   * @throws {Cancelled} when the surrounding scope is cancelled. No bytes are lost.
   * @throws {BusyResourceError} when another task is receiving from this stream. That task is not disturbed.
   * @throws {BrokenResourceError} when the connection is lost.
   * @throws {ClosedResourceError} when the stream is closed, or another task closes it meanwhile.
   * @throws {RangeError} when `maxBytes` is less than 1. @throws {TypeError} when it is not an integer.
   */
  receiveSome(maxBytes?: number): Promise<Uint8Array | null>;
}
