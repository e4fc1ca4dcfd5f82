import { inRun } from '@tercet/core/lowlevel';
import { run } from '@tercet/core';

/** How often an interval timer of 1 ms ticks at least in 100 ms of a loop that is fair: half of what a good day shows. */
export const FAIR = 30;

/** Repeats an operation for some real milliseconds, and counts the ticks of an interval timer of 1 ms meanwhile. */
export async function ticksDuring(milliseconds: number, operation: () => Promise<unknown>): Promise<number> {
  if (!inRun()) return run(() => ticksDuring(milliseconds, operation));
  let ticks = 0;
  const interval = setInterval(() => ticks++, 1);
  const until = performance.now() + milliseconds;
  try {
    while (performance.now() < until) await operation();
  } finally {
    clearInterval(interval);
  }
  return ticks;
}
