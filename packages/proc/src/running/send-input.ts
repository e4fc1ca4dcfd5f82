import { BrokenResourceError } from '@tercet/core';
import { fromReadable } from '@tercet/streams';
import type { SendStream } from '@tercet/streams';
import type { Readable } from 'node:stream';

/**
 * Sends everything from a source to the input of a process, then closes the input. It is not an error if the process ends, or
 * closes its input, before it has read everything: `head` does.
 */
export async function sendInput(source: AsyncIterable<Uint8Array | string>, input: SendStream): Promise<void> {
  if (!isReadable(source)) return await send(source, input);
  // Waiting on the iterator of a Node stream cannot be cancelled.
  const stream = fromReadable(source);
  try {
    await send(stream, input);
  } finally {
    await stream.close();
  }
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
