import { Readable, Writable } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import type { ReceiveStream } from '../interfaces/receive-stream.ts';
import type { SendStream } from '../interfaces/send-stream.ts';
import { toReadable, toWritable } from '../node/to-duplex.ts';

/**
 * Makes a readable stream of the web of a stream, which from then on belongs to it: for a `Response`, for instance.
 *
 * A system task of the run moves the bytes until the end. Cancelling the web stream closes the stream.
 *
 * @throws {StateError} outside of a run.
 * @example
 * return new Response(toWebReadable(file));
 */
export function toWebReadable(stream: ReceiveStream): ReadableStream<Uint8Array> {
  return Readable.toWeb(toReadable(stream)) as ReadableStream<Uint8Array>;
}

/**
 * Makes a writable stream of the web of a stream, which from then on belongs to it. Closing the web stream closes the stream.
 *
 * @throws {StateError} outside of a run.
 * @example
 * const [stream, peer] = memoryStreamPair();
 * const response = new Response('hello');
 * await abandonable(response.body!.pipeTo(toWebWritable(stream)));
 * for await (const chunk of peer) process.stdout.write(chunk);
 */
export function toWebWritable(stream: SendStream): WritableStream<Uint8Array> {
  return Writable.toWeb(toWritable(stream)) as WritableStream<Uint8Array>;
}
