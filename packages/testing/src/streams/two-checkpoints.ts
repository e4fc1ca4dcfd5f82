import { checkpoint } from '@tercet/core';

/** Two checkpoints, so that an operation takes longer, and a second one at the same time is more likely to be noticed. */
export async function twoCheckpoints(): Promise<void> {
  await checkpoint();
  await checkpoint();
}
