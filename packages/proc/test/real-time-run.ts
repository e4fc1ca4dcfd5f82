import { SystemClock } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';

/** A test with real processes. A task that waits for one is blocked, so a virtual clock would jump to the next deadline. */
export function realTimeRun(body: () => unknown): () => Promise<void> {
  return testRun(body, { clock: () => new SystemClock() });
}
