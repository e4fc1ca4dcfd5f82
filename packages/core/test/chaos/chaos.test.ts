import { expect, it } from '@jest/globals';
import { executeMany } from './execute.ts';

const PROGRAMS = 10_000;

// A few seconds on a quiet machine.
it(`XO-6: holds in ${PROGRAMS} random trees of nurseries, scopes, shields, deadlines, failures and cancels`, async () => {
  const violations = await executeMany(1, PROGRAMS);
  expect(violations.slice(0, 10)).toEqual([]);
}, 300_000);
