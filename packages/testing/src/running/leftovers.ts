import type { Instrument, RunStatistics } from '@tercet/core/lowlevel';
import { activeResources } from '../platform/active-resources.ts';
import { setImmediate, setTimeout } from '../platform/real-timers.ts';

/** The longest time that resources may take to close after a run has ended, in real milliseconds. */
const GRACE = 1000;

// The types of resources that have to be closed. Requests and immediates end without that. Timers are left out, because the
// test framework starts and stops its own meanwhile, which would hide a test's timer or be taken for one.
const HANDLE = /^(?!.*Req)(?!Immediate$|Timeout$|TickObject$|Microtask$)/;

/**
 * Finds what a run has left behind: in the run, by its statistics at the end, and in the process, by the resources that keep
 * it alive now and did not before.
 */
export class Leftovers {
  /** An instrument that the run has to be given. */
  readonly instrument: Instrument;
  /** Number of resources of each type before the run. */
  readonly #before: ReadonlyMap<string, number> = openResources();
  /** The leftovers of the run itself, in words; empty until it has ended. */
  #inRun: readonly string[] = [];

  constructor() {
    this.instrument = { afterRun: (left) => void (this.#inRun = describeRun(left)) };
  }

  /** The leftovers, in words; empty if there are none. It waits a while for resources that are closing. */
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

/** The things that a run holds at its end, in words. Its root task still counts as living then. */
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
