/**
 * So many bytes of a large piece of memory are left out, at its beginning and at its end.
 *
 * From one page to between 1 and 31 bytes further in another one, `rep movsb` of AMD's processors copies at a tenth of its
 * speed, for the kernel as well as for glibc (decision 17). What the kernel has lies at the beginning of a page,
 * mostly; glibc puts a large piece 16 bytes after one, and pieces of the same size 16 bytes further each than the one before.
 */
const BEFORE = 48;
const AFTER = 64;

/**
 * Memory that Node reads to again and again, with anything in it.
 *
 * @param size in bytes.
 */
export function memoryToReadInto(size: number): Buffer {
  return Buffer.allocUnsafeSlow(BEFORE + size + AFTER).subarray(BEFORE, BEFORE + size);
}
