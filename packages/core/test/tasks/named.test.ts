import { expect, it } from '@jest/globals';
import { named } from '@tercet/core';

it('RUN-156: gives the function another name, and leaves arguments, this and result as they are', () => {
  const adder = named('adder', function (this: { base: number }, a: number, b: number): number {
    return this.base + a + b;
  });
  expect(adder.name).toBe('adder');
  expect(adder.call({ base: 100 }, 10, 1)).toBe(111);
});
