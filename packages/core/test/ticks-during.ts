import { run } from '@tercet/core';
import { inRun } from '@tercet/core/lowlevel';

/**
 * How often an interval timer of 1 ms ticks at least while a fair loop computes for 100 ms. A good day shows 80 to 95 (the
 * benchmark has the exact figures), an unfair loop none; a busy machine, whose time also goes to compiler threads, a third.
 */
export const FAIR = 10;

const WARM_UP = 300;

/**
 * Repeats an operation for some milliseconds, and counts the ticks of an interval timer of 1 ms meanwhile. The result is
 * the time that this process computes, so that a machine that is busy with other things does not decide the test.
 */
export async function ticksDuring(milliseconds: number, operation: () => Promise<unknown>): Promise<number> {
  if (!inRun()) return run(() => ticksDuring(milliseconds, operation));
  // Cold code, on a slow machine, needs most of such a time for its first steps.
  for (let i = 0; i < WARM_UP; i++) await operation();
  let ticks = 0;
  const interval = setInterval(() => ticks++, 1);
  const began = process.cpuUsage();
  try {
    while (computed(began) < milliseconds) for (let i = 0; i < 10; i++) await operation();
  } finally {
    clearInterval(interval);
  }
  return ticks;
}

function computed(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
