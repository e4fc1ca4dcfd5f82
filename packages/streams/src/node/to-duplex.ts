import type { Duplex, Readable, Writable } from 'node:stream';
import type { ReceiveStream } from '../interfaces/receive-stream.ts';
import type { SendStream } from '../interfaces/send-stream.ts';
import type { Stream } from '../interfaces/stream.ts';
import { BridgeDuplex } from './bridge-duplex.ts';

/**
 * Makes a duplex stream of Node of a stream, which from then on belongs to it: for libraries that take streams of Node. Node's
 * HTTP runs on it, as server and as client.
 *
 * A system task of the run moves the bytes. It closes the stream when the duplex has ended in both directions, and closes it
 * forcefully when the duplex is destroyed. When the run ends, the duplex is destroyed. Listeners are called in the async
 * context of the caller.
 *
 * If the stream has no `sendEof`, ending the duplex closes the stream as a whole.
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
 * Makes a readable stream of Node of a stream, which from then on belongs to it; see {@link toDuplex}.
 *
 * @throws {StateError} outside of a run.
 * @example
 * import { pipeline } from 'node:stream/promises';
 * import { createGzip } from 'node:zlib';
 * import { createWriteStream } from 'node:fs';
 *
 * const [stream, peer] = memoryStreamPair();
 * await peer.sendAll('hello\n');
 * await peer.sendEof();
 * await abandonable(pipeline(toReadable(stream), createGzip(), createWriteStream('log.gz')));
 */
export function toReadable(stream: ReceiveStream): Readable {
  return new BridgeDuplex({ receive: stream });
}

/**
 * Makes a writable stream of Node of a stream, which from then on belongs to it; see {@link toDuplex}. Ending the writable
 * closes the stream.
 *
 * @throws {StateError} outside of a run.
 * @example
 * import { pipeline } from 'node:stream/promises';
 * import { createReadStream } from 'node:fs';
 *
 * const [stream, peer] = memoryStreamPair();
 * await abandonable(pipeline(createReadStream('build.log'), toWritable(stream)));
 * for await (const chunk of peer) process.stdout.write(chunk);
 */
export function toWritable(stream: SendStream): Writable {
  return new BridgeDuplex({ send: stream });
}
