import type { Idleness } from '@tercet/core/lowlevel';
import { activeResources } from '../platform/active-resources.ts';
import { clearTimeout, setTimeout } from '../platform/real-timers.ts';

/** How long the process has to be quiet before a deadlock is certain, in real milliseconds. */
const QUIET = 500;
/** The same when there is doubt; see below. */
const QUIET_IN_DOUBT = 3000;
/** The longest time between two looks at the process, in real milliseconds. */
const LONGEST_STEP = 100;

/** Names of the operations that wait for a promise of other code. */
export const FOREIGN: ReadonlySet<string> = new Set(['abandonable', 'abortable']);

/**
 * Notices that a run with a virtual clock can never go on: every task waits, no deadline is pending, and the process has no
 * resources that it did not have when the run began, such as sockets, files or timers.
 *
 * Implementation details:
 * - The platform does not report everything, for instance compressing and hashing on other threads, and timers that do not keep
 *   the process alive. So the process has to be quiet for a while before it counts as a deadlock.
 * - It has to be quiet for longer when a task waits for a promise of other code, which may be waiting for such work.
 * - The platform reports only the number of resources of each type, and a test framework starts and stops timers, too. The
 *   smallest number seen of each type is taken for the framework's.
 * - That guess is doubtful while there is any timer, or after a resource has come and gone: a timer of the framework may have
 *   ended, and one of the test may be pending. Then the process has to be quiet for longer, too.
 */
export class DeadlockWatch {
  /** The smallest number of resources of each type since the run began. */
  readonly #least = activeResources();
  /** Takes the next look; undefined while not watching. */
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
      const isSure = !doubtful && timers === 0;
      if (quiet >= (isSure ? QUIET : QUIET_IN_DOUBT)) {
        idleness.breakDeadlock();
        return;
      }
      step = Math.min(2 * step, LONGEST_STEP);
      this.#timer = setTimeout(look, step);
      // If nothing else keeps the process alive, it may end: then core reports the deadlock.
      this.#timer.unref();
    };
    look();
  }

  /** Stops watching. */
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

/** Whether the platform reports active resources, which not every platform does. */
function showsTimers(): boolean {
  const before = activeResources().get('Timeout') ?? 0;
  const timer = setTimeout(() => undefined, 1000);
  const shown = (activeResources().get('Timeout') ?? 0) > before;
  clearTimeout(timer);
  return shown;
}
