import { run } from '@tercet/core';
import { inRun } from '@tercet/core/lowlevel';

/** Number of ticks of a timer after which a loop counts as fair. An unfair loop lets it never tick. */
export const FAIR = 10;

/**
 * Processor time of this process after which a loop counts as unfair, in milliseconds. A fair loop needs 10 to 15 on a quiet
 * machine. One that is busy, with cold code and compiler threads beside it, has needed more than 300.
 */
const LONGEST = 5000;

/** Repeats an operation until a timer of 1 ms has ticked ten times. @returns the number of ticks: fewer if the loop is unfair. */
export async function ticksDuring(operation: () => Promise<unknown>): Promise<number> {
  if (!inRun()) return run(() => ticksDuring(operation));
  let ticks = 0;
  const interval = setInterval(() => ticks++, 1);
  const began = process.cpuUsage();
  try {
    while (ticks < FAIR && computed(began) < LONGEST) for (let i = 0; i < 10; i++) await operation();
  } finally {
    clearInterval(interval);
  }
  return Math.min(ticks, FAIR);
}

function computed(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
