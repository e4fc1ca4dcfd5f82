import type { AsyncResource } from './async-resource.ts';

/** What can be sent: bytes in any view of a buffer, or a string, which is sent as UTF-8. */
export type Sendable = ArrayBufferView | string;

/** A stream of bytes that can be written to. */
export interface SendStream extends AsyncResource {
  /**
   * Sends all of `data`, and waits until the transport has taken it. Empty data sends nothing. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; it is unknown then how much has been sent.
   * @throws {BusyResourceError} when another task is sending on this stream; that one goes on undisturbed.
   * @throws {BrokenResourceError} when the peer or the connection is gone.
   * @throws {ClosedResourceError} when the stream is closed, or gets closed meanwhile.
   * @throws {TypeError} when `data` is neither a string nor a view of bytes.
   */
  sendAll(data: Sendable): Promise<void>;

  /**
   * Waits until `sendAll` would probably not have to wait. May return too early, never too late: whoever wants to decide
   * as late as possible what to send, waits here first. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled.
   * @throws {BusyResourceError} when another task is sending on this stream, or waits to.
   * @throws {BrokenResourceError} when the peer or the connection is gone.
   * @throws {ClosedResourceError} when the stream is closed, or gets closed meanwhile.
   */
  waitSendAllMightNotBlock(): Promise<void>;
}
