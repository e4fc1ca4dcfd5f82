import { describeType } from './describe-type.ts';

const encoder = new TextEncoder();

/**
 * What is to be sent as bytes: a string as UTF-8, a view without copying it.
 *
 * @throws {TypeError} when it is neither a string nor a view of bytes.
 */
export function toBytes(data: unknown, operation: string): Uint8Array {
  if (typeof data === 'string') return encoder.encode(data);
  if (!ArrayBuffer.isView(data)) {
    throw new TypeError(
      `${operation} takes a string, a Uint8Array or another view of bytes, not ${describeType(data)}`,
    );
  }
  // By its tag and not by instanceof, which is false for arrays of another realm.
  if ((data as Uint8Array)[Symbol.toStringTag] === 'Uint8Array') return data as Uint8Array;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
