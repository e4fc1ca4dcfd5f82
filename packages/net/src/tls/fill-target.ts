/**
 * `receiveInto` by way of `receiveSome`: a copy more.
 *
 * @returns the number of bytes filled in, or `null` at the end.
 * @throws {TypeError} when `target` is not a Uint8Array. @throws {RangeError} when it has no room.
 */
export async function fillTarget(
  target: Uint8Array,
  receiveSome: (maxBytes: number) => Promise<Uint8Array | null>,
): Promise<number | null> {
  if (!(target instanceof Uint8Array)) throw new TypeError('receiveInto() takes a Uint8Array');
  if (target.length === 0) throw new RangeError('receiveInto(): there must be room for at least one byte');
  const chunk = await receiveSome(target.length);
  if (chunk === null) return null;
  target.set(chunk);
  return chunk.length;
}
