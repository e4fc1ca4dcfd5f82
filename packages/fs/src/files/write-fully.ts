import { write } from 'node:fs';

/**
 * Writes all bytes, in as many steps as the system needs.
 *
 * @param at the position of the first byte in the file; `null` for the position of the system.
 * @param done gets the number of bytes that were written, which on an error may be fewer than all.
 */
export function writeFully(
  fd: number,
  data: Uint8Array,
  at: number | null,
  done: (error: Error | null, written: number) => void,
): void {
  let written = 0;
  const next = (): void => {
    write(fd, data, written, data.byteLength - written, at === null ? null : at + written, step);
  };
  const step = (error: Error | null, count: number): void => {
    written += count;
    if (error !== null || written === data.byteLength) done(error, written);
    else next();
  };
  next();
}
