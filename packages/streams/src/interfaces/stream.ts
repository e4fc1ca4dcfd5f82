import type { ReceiveStream } from './receive-stream.ts';
import type { SendStream } from './send-stream.ts';

/** A stream of bytes in both directions. One task may send while another one receives. */
export interface Stream extends SendStream, ReceiveStream {}

/** A stream whose sending direction can be ended while receiving goes on: a half-close. */
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
