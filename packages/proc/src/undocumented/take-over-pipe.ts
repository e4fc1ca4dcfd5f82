import { Socket } from 'node:net';
import { documentedOnly } from './documented-only.ts';

/**
 * Moves the handle of a pipe to a socket of our own, which reads into `buffer` again and again. The pipe that Node has made
 * reads into a new buffer of 64 KiB each time: the less garbage, the faster (benchmark `proc`).
 *
 * @param onRead gets the number of bytes, and says whether to go on.
 * @returns `undefined` where this is not possible: the pipe is as it was.
 */
export function takeOverPipe(pipe: Socket, buffer: Uint8Array, onRead: (size: number) => boolean): Socket | undefined {
  if (documentedOnly) return undefined;
  const holder = pipe as unknown as { _handle: { readStart?: unknown; useUserBuffer?: unknown } | null };
  const handle = holder._handle;
  if (typeof handle?.readStart !== 'function' || typeof handle.useUserBuffer !== 'function') return undefined;
  holder._handle = null;
  pipe.destroy();
  return new Socket({ handle, onread: { buffer, callback: onRead }, readable: true, writable: false } as object);
}
