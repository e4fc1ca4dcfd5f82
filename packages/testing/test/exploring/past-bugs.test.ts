import { describe, expect, it } from '@jest/globals';
import { explore } from '@tercet/testing';
import { pastBugs, raceForItems } from './past-bugs.ts';

describe.each(Object.entries(pastBugs))('%s', (_, program) => {
  it.each(['pct', 'random'] as const)('XO-6: in 300 orders: %s', async (strategy) => {
    expect(await explore(program, { strategy, runs: 300 })).toEqual({ runs: 300, exhausted: false });
  });
});

it('SE-7, XO-5: a race for items of two channels loses one, in the first run or soon', async () => {
  await expect(explore(raceForItems)).rejects.toThrow('DeadlockError');
});
