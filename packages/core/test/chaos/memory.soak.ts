import { expect, it } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { executeMany } from './execute.ts';

// Runs of this file: `npm run soak -w packages/core`.
const ROUNDS = 10;
const PROGRAMS_PER_ROUND = 10_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it(`${ROUNDS * PROGRAMS_PER_ROUND} random programs hold, and leave no memory behind`, async () => {
  const used: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    expect(await executeMany(1 + round * PROGRAMS_PER_ROUND, PROGRAMS_PER_ROUND)).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    used.push(Math.round(process.memoryUsage().heapUsed / 1024));
  }
  console.log(`heap after each ${PROGRAMS_PER_ROUND} programs: ${used.join(', ')} KiB`);
  // The first rounds compile code; after that, a thousandth of what a program needs would add up to this.
  expect(used.at(-1)! - used[2]!).toBeLessThan(1024);
}, 600_000);
