import { describe, expect, it } from '@jest/globals';
import {
  explore,
  halfCloseableStreamClauses,
  lockstepStreamPair,
  memoryStreamPair,
  oneWayStreamClauses,
  lockstepStreamOneWayPair,
  memoryStreamOneWayPair,
} from '@tercet/testing';

/** Number of orders for each clause. `npm run soak -w packages/testing` sets it. */
const runs = Number(process.env['TERCET_SOAK'] ?? 25);

describe.each([
  ['with a buffer', { make: memoryStreamPair, makeClogged: lockstepStreamPair }],
  ['without a buffer', { make: lockstepStreamPair, makeClogged: lockstepStreamPair }],
])('streams %s', (_, makers) => {
  it.each(halfCloseableStreamClauses.map(({ title, check }) => [title, check] as const))(
    'XO-6: in many orders: %s',
    async (_title, check) => {
      expect((await explore(() => check(makers), { runs })).runs).toBe(runs);
    },
    1_000_000,
  );
});

describe.each([
  ['with a buffer', { make: memoryStreamOneWayPair, makeClogged: lockstepStreamOneWayPair }],
  ['without a buffer', { make: lockstepStreamOneWayPair, makeClogged: lockstepStreamOneWayPair }],
])('one-way streams %s', (_, makers) => {
  it.each(oneWayStreamClauses.map(({ title, check }) => [title, check] as const))(
    'XO-6: in many orders: %s',
    async (_title, check) => {
      expect((await explore(() => check(makers), { runs, strategy: 'random' })).runs).toBe(runs);
    },
    1_000_000,
  );
});
