import assert from 'node:assert/strict';
import { named, openNursery } from '@tercet/core';
import { journal } from './seats.ts';
import type { Seats } from './seats.ts';

/** Three seats, and two people who want two each. */
export async function nobodyStands(seats: Seats): Promise<void> {
  const ann = named('ann', () => seats.reserve(2, journal));
  const bob = named('bob', async () => {
    await journal('bob looks at the plan');
    await journal('bob asks for the price');
    return seats.reserve(2, journal);
  });
  await openNursery((nursery) => {
    nursery.startSoon(ann);
    nursery.startSoon(bob);
  });
  assert.equal(seats.free, 1);
}
