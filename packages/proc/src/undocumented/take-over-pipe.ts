import { Socket } from 'node:net';
import { documentedOnly } from './documented-only.ts';

/**
 * Moves the handle of a pipe to a new socket that reads into the same `buffer` every time. Node's own socket allocates
 * 64 KiB for each read, which costs much garbage collection (benchmark `proc`).
 *
 * @param onRead gets the number of bytes; returns whether to go on reading.
 * @returns `undefined`, with the pipe unchanged, if this version of Node does not allow it.
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
