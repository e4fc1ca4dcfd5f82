import type { Duplex, Readable, Writable } from 'node:stream';
import type { ReceiveStream } from '../interfaces/receive-stream.ts';
import type { SendStream } from '../interfaces/send-stream.ts';
import type { Stream } from '../interfaces/stream.ts';
import { BridgeDuplex } from './bridge-duplex.ts';

/**
 * Makes a duplex stream of Node of a stream, which from then on belongs to it: for handing it to libraries that know only
 * those. HTTP of Node runs on it, as server and as client.
 *
 * A task of the run moves the bytes, until the duplex has ended in both directions or is destroyed; then the stream is
 * closed, in the latter case forcefully. The duplex ends with the run. Its listeners are called in the async context of
 * the caller.
 *
 * When the stream has no `sendEof`, the end of the duplex closes it as a whole.
 *
 * @throws {StateError} outside of a run.
 * @example
 * const server = http.createServer(app);
 * await serveTcp(async (stream) => {
 *   const socket = toDuplex(stream);
 *   server.emit('connection', socket);
 *   await abandonable(once(socket, 'close'));
 * }, 80);
 */
export function toDuplex(stream: Stream): Duplex {
  return new BridgeDuplex({ send: stream, receive: stream });
}

/**
 * Makes a readable stream of Node of a stream; see {@link toDuplex}.
 *
 * @throws {StateError} outside of a run.
 */
export function toReadable(stream: ReceiveStream): Readable {
  return new BridgeDuplex({ receive: stream });
}

/**
 * Makes a writable stream of Node of a stream; see {@link toDuplex}. Ending it closes the stream.
 *
 * @throws {StateError} outside of a run.
 */
export function toWritable(stream: SendStream): Writable {
  return new BridgeDuplex({ send: stream });
}
