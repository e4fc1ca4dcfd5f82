import { BrokenResourceError, ClosedResourceError, WouldBlock } from '@tercet/core';
import type { MemoryReceiveStream } from './memory-receive-stream.ts';
import type { MemorySendStream } from './memory-send-stream.ts';

/**
 * Moves data that has been sent on one memory stream to another one, where it can be received. It also moves the end.
 *
 * Not a checkpoint, so it can be called from hooks.
 *
 * @param options.maxBytes the largest number of bytes to move; all of them when left out.
 * @returns whether there was anything to move.
 * @throws {BrokenResourceError} when the receiving stream is closed. The data is lost.
 * @throws {RangeError} when `maxBytes` is less than 1. @throws {TypeError} when it is not an integer.
 * @example
 * while (memoryStreamPump(client, server, { maxBytes: 1 })) await waitAllTasksBlocked(); // byte by byte
 */
export function memoryStreamPump(
  sendStream: MemorySendStream,
  receiveStream: MemoryReceiveStream,
  options: { readonly maxBytes?: number } = {},
): boolean {
  let data: Uint8Array | null;
  try {
    data = sendStream.getDataNowait(options.maxBytes);
  } catch (error) {
    if (error instanceof WouldBlock) return false;
    throw error;
  }
  try {
    if (data === null) receiveStream.putEof();
    else receiveStream.putData(data);
  } catch (error) {
    if (!(error instanceof ClosedResourceError)) throw error;
    throw new BrokenResourceError('the MemoryReceiveStream has been closed', { cause: error });
  }
  return true;
}
