import type { Idleness } from '@tercet/core/lowlevel';
import { activeResources } from '../platform/active-resources.ts';
import { clearTimeout, setTimeout } from '../platform/real-timers.ts';

/** For how long nothing may go on in the process, in real milliseconds: what it does not show is over by then. */
const QUIET = 500;
/** The same when that is less certain: see below. */
const QUIET_IN_DOUBT = 3000;
const LONGEST_STEP = 100;

/** What the operations are called that wait for a promise which is not Tercet's. */
const FOREIGN = new Set(['abandonable', 'abortable']);

/**
 * Notices that a run with a virtual clock can never go on: every task waits, no deadline is pending, and the process has
 * nothing under way that it did not have when the run began, neither sockets nor files nor timers.
 *
 * Not all that a process does shows: compressing and hashing on other threads do not, nor do timers that do not keep it
 * alive. So it has to be quiet for a while, in all; and for longer when a task waits for a promise of somebody else.
 *
 * A platform says only how many resources of each type there are, and a test framework has timers, too, which come and go
 * while a test begins. So what has been there at the least counts as the framework's, and there is doubt while there are as
 * many timers as in the beginning, or when something was under way and is over: one of the framework's may have ended, and
 * one of the test may be pending.
 */
export class DeadlockWatch {
  readonly #least = activeResources();
  readonly #timersAtFirst = this.#least.get('Timeout') ?? 0;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  /** Begins to watch a run that has become idle. */
  watch(idleness: Idleness): void {
    this.stop();
    if (!showsTimers()) return;
    let doubtful = idleness.operations().some((operation) => FOREIGN.has(operation));
    let quiet = 0;
    let step = 1;
    const look = (): void => {
      if (idleness.isOver) return;
      const { isBusy, timers } = this.#look(idleness);
      if (isBusy) doubtful = true;
      else quiet += step;
      const isSure = !doubtful && (timers === 0 || timers < this.#timersAtFirst);
      if (quiet >= (isSure ? QUIET : QUIET_IN_DOUBT)) {
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

  #look(idleness: Idleness): { readonly isBusy: boolean; readonly timers: number } {
    const now = activeResources();
    if (idleness.keepsProcessAlive) now.set('Timeout', (now.get('Timeout') ?? 1) - 1);
    const isBusy = Array.from(now).some(([type, count]) => count > (this.#least.get(type) ?? 0));
    for (const [type, least] of this.#least) this.#least.set(type, Math.min(least, now.get(type) ?? 0));
    return { isBusy, timers: now.get('Timeout') ?? 0 };
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
