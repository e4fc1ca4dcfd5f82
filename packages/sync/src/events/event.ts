import { currentCaller, inspectAs, WaitQueue } from '@tercet/core/lowlevel';
import type { Selectable } from '@tercet/core/lowlevel';

/**
 * The result of `Event.statistics`.
 *
 * @example
 * const ready = new Event();
 * await openNursery(async (nursery) => {
 *   nursery.startSoon(() => ready.wait());
 *   await sleep(1);
 *   const { tasksWaiting }: EventStatistics = ready.statistics(); // 1
 *   ready.set();
 * });
 */
export interface EventStatistics {
  /** How many tasks wait for it. */
  readonly tasksWaiting: number;
}

const SET = Object.freeze({ value: undefined });

/**
 * Something that happens once: tasks wait for it, and no task waits any more once it has happened. Also called a latch.
 *
 * It cannot be unset. For something that happens again and again, replace the event by a new one.
 *
 * @example
 * const ready = new Event();
 * await openNursery(async (nursery) => {
 *   nursery.startSoon(async () => { await warmUp(); ready.set(); });
 *   await ready.wait();
 * });
 */
export class Event {
  static {
    inspectAs(this, (event) => `Event ${event.#isSet ? 'set' : 'unset'}, ${event.#waiters.length} waiting`);
  }

  /** Never becomes false again. */
  #isSet = false;
  /** Tasks wait here only while it is not set. */
  readonly #waiters = new WaitQueue<void>('event');
  /** Made once, since it holds no state. */
  #case: Selectable<void> | undefined = undefined;

  /** Whether it has happened. */
  get isSet(): boolean {
    return this.#isSet;
  }

  /** Lets it happen, and wakes all tasks that wait for it. Not a checkpoint; doing it again has no effect. */
  set(): void {
    this.#isSet = true;
    this.#waiters.wakeAll();
  }

  /**
   * Waits until the event is set; returns at once, after other tasks had their turn, if it already is. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; the event is not affected.
   * @throws {StateError} outside of a run.
   */
  wait(): Promise<void> {
    const caller = currentCaller();
    if (!this.#isSet) return this.#waiters.wait(undefined, caller);
    return caller.refuse('wait()') ?? caller.ready(undefined);
  }

  /** `wait` as a case of a `select`. */
  waiting(): Selectable<void> {
    return (this.#case ??= {
      poll: () => (this.#isSet ? SET : undefined),
      arm: (slot) => this.#waiters.enter(undefined, slot),
    });
  }

  /** Numbers about its state at this moment. */
  statistics(): EventStatistics {
    return { tasksWaiting: this.#waiters.length };
  }
}
