/**
 * Number of bytes that are left unused at the beginning and at the end of a large piece of memory.
 *
 * AMD's `rep movsb` is ten times slower when the destination's offset in its page is 1 to 31 bytes above the source's, in the
 * kernel as well as in glibc (decision 17). The kernel's data mostly begins with a page. glibc puts a large piece 16 bytes
 * after the beginning of one, and the next piece of the same size another 16 bytes further.
 */
const BEFORE = 48;
const AFTER = 64;

/**
 * Uninitialized memory that is read into again and again, placed so that the kernel copies to it at full speed.
 *
 * @param size in bytes.
 * @example
 * import { openSync, readSync } from 'node:fs';
 *
 * const memory = memoryToReadInto(64 * 1024);
 * const descriptor = openSync(process.execPath, 'r');
 * for (let read = 0; read < 3; read++) console.log(readSync(descriptor, memory)); // into the same memory each time
 */
export function memoryToReadInto(size: number): Buffer {
  return Buffer.allocUnsafeSlow(BEFORE + size + AFTER).subarray(BEFORE, BEFORE + size);
}
