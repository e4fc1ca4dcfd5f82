import type { Instrument, RunStatistics } from '@tercet/core/lowlevel';
import { activeResources } from '../platform/active-resources.ts';
import { setImmediate, setTimeout } from '../platform/real-timers.ts';

/** The longest time that closing may take after a run has ended, in real milliseconds. */
const GRACE = 1000;

// What is opened has to be closed. Requests and immediates end by themselves, and timers are left out because those of
// the test framework come and go at the same time, which hides others or is taken for them.
const HANDLE = /^(?!.*Req)(?!Immediate$|Timeout$|TickObject$|Microtask$)/;

/**
 * Finds out what a run has left behind: in the run itself, by the numbers it ends with, and in the process, by what keeps
 * it alive now and did not before.
 */
export class Leftovers {
  /** To be given to the run. */
  readonly instrument: Instrument;
  readonly #before: ReadonlyMap<string, number> = openResources();
  #inRun: readonly string[] = [];

  constructor() {
    this.instrument = { afterRun: (left) => void (this.#inRun = describeRun(left)) };
  }

  /** What is left, in words; empty when all is well. A resource that is closing gets the time to do it. */
  async find(): Promise<readonly string[]> {
    let open = this.#newResources();
    for (let wait = 0, waited = 0; open.length > 0 && waited < GRACE; waited += wait, wait = 2 * wait || 1) {
      await realTime(wait);
      open = this.#newResources();
    }
    return [...this.#inRun, ...open];
  }

  #newResources(): string[] {
    const left: string[] = [];
    for (const [type, count] of openResources()) {
      const more = count - (this.#before.get(type) ?? 0);
      if (more > 0) left.push(`${more} × ${type}`);
    }
    return left;
  }
}

/** What a run holds when it has ended; its root task is counted as living to the last. */
function describeRun(left: RunStatistics): string[] {
  const counts: readonly [number, string][] = [
    [left.tasksLiving - 1, 'living tasks'],
    [left.operationsWaiting, 'waiting operations'],
    [left.deadlines, 'deadlines'],
    [left.processHolders, 'operations that keep the process alive'],
  ];
  return counts.filter(([count]) => count > 0).map(([count, what]) => `${count} × ${what}`);
}

function openResources(): Map<string, number> {
  return new Map([...activeResources()].filter(([type]) => HANDLE.test(type)));
}

function realTime(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    if (milliseconds === 0) setImmediate(resolve);
    else setTimeout(resolve, milliseconds);
  });
}
