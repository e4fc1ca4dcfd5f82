import type { AsyncResource } from './async-resource.ts';

/**
 * A stream of bytes that can be read from.
 *
 * As an iterable it gives what `receiveSome` gives, until the end. Neither the end nor leaving the loop closes the stream.
 *
 * @example
 * for await (const chunk of stream) process.stdout.write(chunk);
 */
export interface ReceiveStream extends AsyncResource, AsyncIterable<Uint8Array> {
  /**
   * Receives what there is, at least one byte, and waits until there is something. A checkpoint.
   *
   * @param maxBytes the most to receive; as it suits the stream when left out.
   * @returns bytes that belong to the caller; `null` when the sender has ended the stream, and from then on always.
   * @throws {Cancelled} when the surrounding scope is cancelled; nothing is lost then.
   * @throws {BusyResourceError} when another task is receiving from this stream; that one goes on undisturbed.
   * @throws {BrokenResourceError} when the connection is gone.
   * @throws {ClosedResourceError} when the stream is closed, or gets closed meanwhile.
   * @throws {RangeError} when `maxBytes` is less than 1. @throws {TypeError} when it is not an integer.
   */
  receiveSome(maxBytes?: number): Promise<Uint8Array | null>;
}
