import { seededRandom } from '@tercet/core/lowlevel';
import type { Chooser } from './recorder.ts';

/** Chooses each step at random: as `run(main, { seed })` does, with the same order for the same seed. */
export function randomOrder(seed: number): Chooser {
  const random = seededRandom(seed);
  return { choose: (ready) => Math.floor(random() * ready.length) };
}
