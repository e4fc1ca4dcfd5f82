import { expect, test } from '@jest/globals';
import { runProgram } from './run-program.ts';

interface Size {
  readonly entry: string;
  /** In bytes, as `minified` is. */
  readonly gzipped: number;
  readonly minified: number;
}

// The sizes of today, with little room to grow: a change that makes one smaller lowers its budget. For core there are two,
// all of it and the smallest useful program: docs/decisions/0014 says what they are made of.
const budgets: ReadonlyArray<readonly [entry: string, bytes: number]> = [
  ['@tercet/core', 20_900],
  ['@tercet/core: run, openNursery, sleep', 15_600],
  ['@tercet/sync', 9_600],
];

const sizes = JSON.parse(runProgram('scripts/size.mjs', '--json')) as Size[];

test.each(budgets)('%s adds at most %d bytes to a bundle, minified and gzipped', (entry, budget) => {
  const size = sizes.find((one) => one.entry === entry);
  expect(size?.gzipped).toBeGreaterThan(0);
  expect(size?.gzipped).toBeLessThanOrEqual(budget);
});
