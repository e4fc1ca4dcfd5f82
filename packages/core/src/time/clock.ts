import { outside } from '../frames/frames.ts';

/**
 * The clock of a run: it gives the time, in milliseconds from an arbitrary zero, and wakes the run at a deadline. By default that
 * is the clock of the system. Pass another as `run(main, { clock })`, for instance the virtual clock of `@tercet/testing`.
 *
 * @example
 * const start = performance.now();
 * let timer: NodeJS.Timeout | undefined;
 * // A day in a minute, to watch a program that works by night.
 * const fastClock: Clock = {
 *   now: () => (performance.now() - start) * 1440,
 *   setAlarm(deadline, fire) {
 *     clearTimeout(timer);
 *     timer = setTimeout(fire, Math.max(0, Math.ceil((deadline - fastClock.now()) / 1440)));
 *   },
 *   clearAlarm: () => clearTimeout(timer),
 * };
 * await run(() => sleep({ minutes: 1 }), { clock: fastClock }); // takes 42 ms
 */
export interface Clock {
  /** The present instant. It never goes back. */
  now(): number;
  /** Calls `fire` once, at `deadline` or later, never earlier; replaces the alarm set before. */
  setAlarm(deadline: number, fire: () => void): void;
  /** Removes the alarm. While one is set, a clock whose time passes without its run keeps the process alive. */
  clearAlarm(): void;
  /** A run that uses this clock begins. By `host` the clock notifies the run when `idleThreshold` has changed. */
  start?(host: ClockHost): void;
  /** That run has ended. */
  stop?(): void;
  /** Milliseconds of real time that all tasks have to wait before `idle` is called; Infinity: never. */
  readonly idleThreshold?: number;
  /** All tasks have been waiting for `idleThreshold`: a virtual clock may now jump to the next deadline. */
  idle?(nextDeadline: number, idleness: Idleness): void;
}

/**
 * For a clock whose run is idle, because all its tasks wait: what it may ask, and how it ends a run that waits for ever.
 *
 * @example
 * let now = 0;
 * let alarm: { deadline: number; fire: () => void } | undefined;
 * const clock: Clock = {
 *   now: () => now,
 *   setAlarm: (deadline, fire) => void (alarm = { deadline, fire }),
 *   clearAlarm: () => void (alarm = undefined),
 *   idleThreshold: 0,
 *   idle(nextDeadline, idleness) {
 *     if (nextDeadline === Infinity) return idleness.breakDeadlock();
 *     now = nextDeadline; // no task has anything to do until then
 *     alarm?.fire();
 *   },
 * };
 * await run(() => sleep({ hours: 8 }), { clock }); // takes no time
 */
export interface Idleness {
  /** Whether something has happened in the run since then. */
  readonly isOver: boolean;
  /** Whether the run keeps the process alive by a timer without effect, as it does during `sleepForever`. */
  readonly keepsProcessAlive: boolean;
  /** The names of the operations in which the tasks wait, as in the task tree. */
  operations(): string[];
  /** Ends the run with a `DeadlockError`, which shows the task tree. */
  breakDeadlock(): void;
}

/**
 * The functions of a run that its clock may call.
 *
 * @example
 * let now = 0;
 * let host: ClockHost | undefined;
 * let idleThreshold = Infinity;
 * const clock: Clock = {
 *   now: () => now,
 *   setAlarm: () => undefined,
 *   clearAlarm: () => undefined,
 *   start: (given) => void (host = given),
 *   get idleThreshold() {
 *     return idleThreshold;
 *   },
 * };
 * function jumpWhenIdleFor(milliseconds: number): void {
 *   idleThreshold = milliseconds;
 *   host?.idleThresholdChanged(); // otherwise the run would not look again
 * }
 */
export interface ClockHost {
  /** To be called when `idleThreshold` has changed. */
  idleThresholdChanged(): void;
}

type Timer = ReturnType<typeof setTimeout>;

/** The longest delay that a timer of the platform can take; a longer one would fire at once. */
export const LONGEST_DELAY: number = 2 ** 31 - 1;

/**
 * The default clock of a run: monotonic, with a random zero, so that its instants cannot be mistaken for wall-clock time or for
 * those of another run.
 *
 * Alarms are set and cleared far more often than they fire. So clearing one leaves the timer as it is, and a later alarm may
 * reuse it. If none does before the event loop turns, the timer no longer keeps the process alive (benchmark `scope`).
 *
 * @example
 * await run(() => sleep(5), { clock: new SystemClock() });
 */
export class SystemClock implements Clock {
  readonly #zero = performance.now() - (10_000 + Math.random() * 190_000) * 1000;
  /** The pending timer, which may be left over from an alarm that was cleared. */
  #timer: Timer | undefined = undefined;
  /** The instant for which the timer was set. */
  #timerAt = Infinity;
  /** Whether the timer keeps the process alive. */
  #held = false;
  #releaseScheduled = false;
  /** The instant of the alarm; Infinity when none is set. */
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
      // Timers of some runtimes have no `ref` and `unref`.
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

  // Timers may be up to a millisecond early, and a later alarm may have reused this one.
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
