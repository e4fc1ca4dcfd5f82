import { BrokenResourceError } from '@tercet/core';
import { fromReadable, fromWebReadable } from '@tercet/streams';
import type { ReceiveStream, SendStream } from '@tercet/streams';
import type { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

/**
 * Sends everything from a source to the input of a process, then closes the input. It is not an error if the process ends, or
 * closes its input, before it has read everything: `head` does.
 */
export async function sendInput(source: AsyncIterable<Uint8Array | string>, input: SendStream): Promise<void> {
  const stream = adopt(source);
  if (stream === undefined) return await send(source, input);
  try {
    await send(stream, input);
  } finally {
    await stream.close();
  }
}

/** Waiting on the iterator of a stream of Node or of the web cannot be cancelled. So such a stream is read in another way. */
function adopt(source: AsyncIterable<unknown>): ReceiveStream | undefined {
  if (source instanceof ReadableStream) return fromWebReadable(source as ReadableStream<Uint8Array>);
  return isReadable(source) ? fromReadable(source) : undefined;
}

async function send(source: AsyncIterable<Uint8Array | string>, input: SendStream): Promise<void> {
  for await (const chunk of source) {
    if (!(await isAccepted(input.sendAll(chunk)))) return;
  }
  await isAccepted(input.close());
}

async function isAccepted(sending: Promise<void>): Promise<boolean> {
  try {
    await sending;
    return true;
  } catch (error) {
    if (error instanceof BrokenResourceError) return false;
    throw error;
  }
}

function isReadable(source: AsyncIterable<unknown>): source is Readable {
  const { read, pipe } = source as Partial<Readable>;
  return typeof read === 'function' && typeof pipe === 'function';
}
