import { outside } from '../frames/frames.ts';

/**
 * What tells a run the time, in milliseconds from an arbitrary zero, and wakes it at a deadline. A run has one clock;
 * another one than the system's is passed as `run(main, { clock })`, for instance the virtual clock of
 * `@tercet/testing`.
 */
export interface Clock {
  /** The present instant; never goes back. */
  now(): number;
  /** Calls `fire` once, at `deadline` or later, never earlier; replaces the alarm set before. */
  setAlarm(deadline: number, fire: () => void): void;
  /** Forgets the alarm. While one is set, the process stays alive, if time passes by itself. */
  clearAlarm(): void;
  /** A run that uses this clock begins. `host` lets the clock tell the run that `idleThreshold` has changed. */
  start?(host: ClockHost): void;
  /** That run has ended. */
  stop?(): void;
  /** Milliseconds of real time without a task that could go on, after which `idle` is called; Infinity: never. */
  readonly idleThreshold?: number;
  /** Every task has been waiting for `idleThreshold`: a virtual clock may now jump to the next deadline. */
  idle?(nextDeadline: number, idleness: Idleness): void;
}

/** What a clock may ask when every task of its run waits, then and later, and what it can do when that is for ever. */
export interface Idleness {
  /** Whether something has happened in the run since. */
  readonly isOver: boolean;
  /** Whether the run has a timer of the platform that only keeps the process alive, as it does for `sleepForever`. */
  readonly keepsProcessAlive: boolean;
  /** What the tasks wait for, in the words of the task tree. */
  operations(): string[];
  /** Ends the run with a `DeadlockError`, which shows the task tree. */
  breakDeadlock(): void;
}

/** What a run offers its clock. */
export interface ClockHost {
  /** To be called when `idleThreshold` has changed. */
  idleThresholdChanged(): void;
}

type Timer = ReturnType<typeof setTimeout>;

/** The longest delay that a timer of the platform can take; a longer one would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * The clock of a run that is not given another one: monotonic, with a random zero, so that nobody takes its instants for
 * wall-clock time or for those of another run.
 *
 * Alarms are set and cleared far more often than they ring. So clearing one leaves the timer as it is, to be taken over
 * by a later alarm; if none comes until the event loop has turned, the timer no longer holds the process (benchmark
 * `scope`).
 */
export class SystemClock implements Clock {
  readonly #zero = performance.now() - (10_000 + Math.random() * 190_000) * 1000;
  #timer: Timer | undefined = undefined;
  #timerAt = Infinity;
  #held = false;
  #releaseScheduled = false;
  #deadline = Infinity;
  #fire: () => void = () => undefined;

  now(): number {
    return performance.now() - this.#zero;
  }

  setAlarm(deadline: number, fire: () => void): void {
    this.#fire = fire;
    this.#deadline = deadline;
    if (this.#timer === undefined || this.#timerAt > deadline) {
      clearTimeout(this.#timer);
      this.#startTimer();
    } else if (!this.#held) {
      this.#held = true;
      // Not every runtime's timers can be told whether to hold the process.
      (this.#timer as Partial<Timer>).ref?.();
    }
  }

  clearAlarm(): void {
    this.#deadline = Infinity;
    if (this.#releaseScheduled || this.#timer === undefined) return;
    this.#releaseScheduled = true;
    outside(() => setImmediate(this.#release));
  }

  stop(): void {
    this.#deadline = Infinity;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #startTimer(): void {
    this.#timerAt = this.#deadline;
    this.#held = true;
    const delay = Math.min(Math.max(this.#deadline - this.now(), 0), LONGEST_DELAY);
    this.#timer = outside(() => setTimeout(this.#onTimer, Math.ceil(delay)));
  }

  readonly #release = (): void => {
    this.#releaseScheduled = false;
    if (this.#deadline !== Infinity || this.#timer === undefined) return;
    this.#held = false;
    (this.#timer as Partial<Timer>).unref?.();
  };

  // Timers may be up to a millisecond early, and this one may have been taken over by a later alarm.
  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (this.#deadline === Infinity) return;
    if (this.now() < this.#deadline) {
      this.#startTimer();
      return;
    }
    this.#deadline = Infinity;
    this.#fire();
  };
}
