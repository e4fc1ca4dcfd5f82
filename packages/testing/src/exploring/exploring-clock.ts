import { inspectAs } from '@tercet/core/lowlevel';
import type { Clock, Idleness } from '@tercet/core/lowlevel';
import type { DeadlockWatch } from '../time/deadlock-watch.ts';
import { FOREIGN } from '../time/deadlock-watch.ts';

/**
 * The virtual clock of an explored run: it starts at 0 and jumps to the next deadline when no step is left. Where there is no
 * deadline either, nothing can ever wake the run: real input and output cannot be explored. Only a task that waits for a
 * promise of other code may still be woken, and is given the time that `testRun` gives.
 */
export class ExploringClock implements Clock {
  static {
    inspectAs(this, (clock) => `ExploringClock at ${clock.now()} ms`);
  }

  readonly idleThreshold = 0;
  readonly #deadlocks: DeadlockWatch;
  #now = 0;
  #fire: (() => void) | undefined = undefined;

  constructor(deadlocks: DeadlockWatch) {
    this.#deadlocks = deadlocks;
  }

  now(): number {
    return this.#now;
  }

  setAlarm(_deadline: number, fire: () => void): void {
    this.#fire = fire;
  }

  clearAlarm(): void {
    this.#fire = undefined;
  }

  stop(): void {
    this.#deadlocks.stop();
  }

  idle(nextDeadline: number, idleness: Idleness): void {
    if (nextDeadline === Infinity) {
      if (idleness.operations().some((operation) => FOREIGN.has(operation))) this.#deadlocks.watch(idleness);
      else idleness.breakDeadlock();
      return;
    }
    this.#now = Math.max(this.#now, nextDeadline);
    const fire = this.#fire;
    this.#fire = undefined;
    fire?.();
  }
}
