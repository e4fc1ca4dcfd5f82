import { expect, it } from '@jest/globals';
import { requireMaxBytes } from '../../src/lowlevel.ts';

it('STR-004: accepts integers from 1, and returns the default of the stream when none is given', () => {
  expect(requireMaxBytes(1, 7)).toBe(1);
  expect(requireMaxBytes(undefined, 7)).toBe(7);
  expect(requireMaxBytes(null as unknown as undefined, 7)).toBe(7);
});

it('STR-004: refuses less than one byte, and values that are not integers', () => {
  for (const wrong of [0, -1]) expect(() => requireMaxBytes(wrong, 7)).toThrow(RangeError);
  for (const wrong of [1.5, NaN, Infinity, '1', {}]) {
    expect(() => requireMaxBytes(wrong as number, 7)).toThrow(TypeError);
  }
});
