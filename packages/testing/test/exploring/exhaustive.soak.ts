import { expect, it } from '@jest/globals';
import { explore } from '@tercet/testing';
import { exchange } from './exchange.ts';

// Runs of this file: `npm run soak -w packages/testing`.
it.each([0, 1, 2])(
  'XO-2: a memory channel of capacity %p loses nothing when a consumer is cancelled, in all orders',
  async (capacity) => {
    const { runs, exhausted } = await explore(() => exchange(capacity, 'consumer'), {
      strategy: 'exhaustive',
      runs: Infinity,
    });
    process.stdout.write(`capacity ${capacity}: ${runs} orders\n`);
    expect(exhausted).toBe(true);
  },
  600_000,
);
