import { describeType } from './describe-type.ts';

/**
 * Checks the argument of `receiveSome`.
 *
 * @returns `maxBytes`, or `otherwise` when it was left out.
 * @throws {TypeError} when it is not an integer. @throws {RangeError} when it is less than 1.
 * @example
 * async function receiveSome(maxBytes?: number): Promise<Uint8Array> {
 *   return new Uint8Array(requireMaxBytes(maxBytes, 64 * 1024));
 * }
 * await receiveSome(10); // 0 is a RangeError, and 1.5 a TypeError
 */
export function requireMaxBytes(maxBytes: number | undefined, otherwise: number): number {
  if (maxBytes === undefined || maxBytes === null) return otherwise;
  if (!Number.isInteger(maxBytes)) {
    const given = typeof maxBytes === 'number' ? String(maxBytes) : describeType(maxBytes);
    throw new TypeError(`receiveSome(): maxBytes must be an integer, not ${given}`);
  }
  if (maxBytes < 1) throw new RangeError(`receiveSome(): maxBytes must be at least 1, but is ${maxBytes}`);
  return maxBytes;
}
