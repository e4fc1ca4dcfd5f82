import { expect, it } from '@jest/globals';
import { toBytes } from '../../src/lowlevel.ts';

it('encodes strings as UTF-8', () => {
  expect([...toBytes('é', 'send()')]).toEqual([0xc3, 0xa9]);
});

it('accepts views of every kind without copying them', () => {
  const { buffer } = new Uint8Array([1, 2, 3, 4]);
  for (const view of [new Uint8Array(buffer, 1, 2), new DataView(buffer, 1, 2), Buffer.from(buffer, 1, 2)]) {
    const bytes = toBytes(view, 'send()');
    expect([...bytes]).toEqual([2, 3]);
    expect(bytes.buffer).toBe(view.buffer);
  }
});

it('refuses everything else, and names it in the error', () => {
  expect(() => toBytes(7, 'sendAll()')).toThrow(
    new TypeError('sendAll() takes a string, a Uint8Array or another view of bytes, not a number'),
  );
  expect(() => toBytes(null, 'sendAll()')).toThrow(/not null$/);
  expect(() => toBytes([1], 'sendAll()')).toThrow(/not an Array$/);
  expect(() => toBytes(Object.create(null), 'sendAll()')).toThrow(/not an object$/);
});
