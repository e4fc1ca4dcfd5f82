import { Readable, Writable } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import type { ReceiveStream } from '../interfaces/receive-stream.ts';
import type { SendStream } from '../interfaces/send-stream.ts';
import { fromReadable } from '../node/from-readable.ts';
import { fromWritableThatAborts } from '../node/from-writable.ts';

/**
 * Makes a `ReceiveStream` of a readable stream of the web, which from then on belongs to it: of the body of a `fetch`, for
 * instance. `close` cancels the web stream.
 *
 * @param stream a web stream whose chunks are bytes or strings.
 * @example
 * const response = await abortable((signal) => fetch('data:text/plain,hello', { signal }));
 * let size = 0;
 * for await (const chunk of fromWebReadable(response.body!)) size += chunk.length; // 5
 */
export function fromWebReadable(stream: ReadableStream<Uint8Array>): ReceiveStream {
  return fromReadable(Readable.fromWeb(stream, { objectMode: false }));
}

/**
 * Makes a `SendStream` of a writable stream of the web, which from then on belongs to it. `close` closes the web stream.
 * Closing it forcefully aborts the web stream.
 *
 * @example
 * const { readable, writable } = new CompressionStream('gzip');
 * const compressor = fromWebWritable(writable);
 */
export function fromWebWritable(stream: WritableStream<Uint8Array>): SendStream {
  // Node aborts the web stream only when this is destroyed with an error, and closes it otherwise.
  return fromWritableThatAborts(Writable.fromWeb(stream, { objectMode: false }));
}
