import { Readable, Writable } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import type { ReceiveStream } from '../interfaces/receive-stream.ts';
import type { SendStream } from '../interfaces/send-stream.ts';
import { fromReadable } from '../node/from-readable.ts';
import { fromWritable } from '../node/from-writable.ts';

/**
 * Makes a `ReceiveStream` of a readable stream of the web, the body of a `fetch` for instance, which from then on belongs
 * to it. Closing it cancels the web stream.
 *
 * @param stream its chunks have to be bytes or strings.
 * @example
 * const response = await abortable((signal) => fetch(url, { signal }));
 * for await (const chunk of fromWebReadable(response.body!)) size += chunk.length;
 */
export function fromWebReadable(stream: ReadableStream<Uint8Array>): ReceiveStream {
  return fromReadable(Readable.fromWeb(stream, { objectMode: false }));
}

/**
 * Makes a `SendStream` of a writable stream of the web, which from then on belongs to it. Closing it closes the web
 * stream, closing it forcefully aborts that.
 */
export function fromWebWritable(stream: WritableStream<Uint8Array>): SendStream {
  return fromWritable(Writable.fromWeb(stream, { objectMode: false }));
}
