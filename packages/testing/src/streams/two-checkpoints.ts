import { checkpoint } from '@tercet/core';

/** Two, because a call that takes longer is more likely to meet another one that should not be there. */
export async function twoCheckpoints(): Promise<void> {
  await checkpoint();
  await checkpoint();
}
