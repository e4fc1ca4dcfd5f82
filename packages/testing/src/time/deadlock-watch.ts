import type { Idleness } from '@tercet/core/lowlevel';
import { activeResources } from '../platform/active-resources.ts';
import { clearTimeout, setTimeout } from '../platform/real-timers.ts';

/** For how long nothing may go on in the process, in real milliseconds: what it does not show is over by then. */
const QUIET = 250;
/** The same while a task waits for a promise of somebody else, such as that of a key derivation. */
const QUIET_FOREIGN = 2000;
const LONGEST_STEP = 100;

/** What the operations are called that wait for a promise which is not Tercet's. */
const FOREIGN = new Set(['abandonable', 'abortable']);

/**
 * Notices that a run with a virtual clock can never go on: every task waits, no deadline is pending, and the process has
 * nothing under way that it did not have when the run began, neither sockets nor files nor timers.
 *
 * Not all that a process does shows: compressing and hashing on other threads do not, nor do timers that do not keep it
 * alive. So it has to be quiet for a while, in all. (It looks at the types of resources, because a platform does not say more.)
 */
export class DeadlockWatch {
  readonly #before: ReadonlyMap<string, number> = activeResources();
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  /** Begins to watch a run that has become idle. */
  watch(idleness: Idleness): void {
    this.stop();
    if (!showsTimers()) return;
    const foreign = idleness.operations().some((operation) => FOREIGN.has(operation));
    const needed = foreign ? QUIET_FOREIGN : QUIET;
    let quiet = 0;
    let step = 1;
    const look = (): void => {
      if (idleness.isOver) return;
      // Not from the beginning: whoever is at work now and then need not have to do with this run.
      if (this.#isQuiet(idleness)) quiet += step;
      if (quiet >= needed) {
        idleness.breakDeadlock();
        return;
      }
      step = Math.min(2 * step, LONGEST_STEP);
      this.#timer = setTimeout(look, step);
      // If nothing else keeps the process, its end is near, and core says so.
      this.#timer.unref();
    };
    look();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #isQuiet(idleness: Idleness): boolean {
    for (const [type, count] of activeResources()) {
      const own = type === 'Timeout' && idleness.keepsProcessAlive ? 1 : 0;
      if (count - own > (this.#before.get(type) ?? 0)) return false;
    }
    return true;
  }
}

/** Whether the platform shows what is under way, which not every one does. */
function showsTimers(): boolean {
  const before = activeResources().get('Timeout') ?? 0;
  const timer = setTimeout(() => undefined, 1000);
  const shown = (activeResources().get('Timeout') ?? 0) > before;
  clearTimeout(timer);
  return shown;
}
