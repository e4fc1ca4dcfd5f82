import { expect, it } from '@jest/globals';
import { seededRandom } from '@tercet/core/lowlevel';

const numbers = (seed: number, count: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, random);
};

it('XO-1: draws the same numbers for the same seed, on every runtime', () => {
  expect(numbers(42, 3)).toEqual(numbers(42, 3));
  expect(numbers(42, 3).map((number) => Math.floor(number * 1e6))).toMatchInlineSnapshot(`
    [
      430632,
      983349,
      27688,
    ]
  `);
});

it('XO-1: draws other numbers for other seeds, of whatever size', () => {
  const seeds = [0, 1, -1, 2, 2 ** 32, 2 ** 32 + 1, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  expect(new Set(seeds.map((seed) => numbers(seed, 2).join())).size).toBe(seeds.length);
});

it('XO-1: draws numbers that are spread evenly from 0 to 1', () => {
  const counts = Array.from({ length: 10 }, () => 0);
  for (const number of numbers(1, 10_000)) counts[Math.floor(number * 10)]!++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
