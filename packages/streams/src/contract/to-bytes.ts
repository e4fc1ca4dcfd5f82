import { describeType } from './describe-type.ts';

const encoder = new TextEncoder();

/**
 * Converts data to bytes: a string becomes UTF-8, and a view is not copied.
 *
 * @param operation the name of the caller in the error text.
 * @throws {TypeError} when it is neither a string nor a view of bytes.
 * @example
 * toBytes('hello', 'sendAll()');
 */
export function toBytes(data: unknown, operation: string): Uint8Array {
  if (typeof data === 'string') return encoder.encode(data);
  if (!ArrayBuffer.isView(data)) {
    throw new TypeError(
      `${operation} takes a string, a Uint8Array or another view of bytes, not ${describeType(data)}`,
    );
  }
  // instanceof is false for arrays of another realm, so it is known by its tag.
  if ((data as Uint8Array)[Symbol.toStringTag] === 'Uint8Array') return data as Uint8Array;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
