import { BrokenResourceError } from '@tercet/core';
import { fromReadable } from '@tercet/streams';
import type { SendStream } from '@tercet/streams';
import type { Readable } from 'node:stream';

/**
 * Sends all that a source gives to the input of a process, and ends that. A process that ends, or closes its input,
 * without having read all of it has its reasons.
 */
export async function sendInput(source: AsyncIterable<Uint8Array | string>, input: SendStream): Promise<void> {
  if (!isReadable(source)) return await send(source, input);
  // The iterator of a stream of Node cannot be cancelled.
  const stream = fromReadable(source);
  try {
    await send(stream, input);
  } finally {
    await stream.close();
  }
}

async function send(source: AsyncIterable<Uint8Array | string>, input: SendStream): Promise<void> {
  for await (const chunk of source) {
    if (!(await isTaken(input.sendAll(chunk)))) return;
  }
  await isTaken(input.close());
}

async function isTaken(sending: Promise<void>): Promise<boolean> {
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
