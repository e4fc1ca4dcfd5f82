import { SystemClock } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';

/** A test in real time: servers and databases do not know of a virtual one. */
export function realRun(body: () => unknown): () => Promise<void> {
  return testRun(async () => await body(), { clock: () => new SystemClock() });
}
