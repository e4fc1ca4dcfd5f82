import type { Duration } from '@tercet/core';
import { inspectAs, runOutside, toMilliseconds } from '@tercet/core/lowlevel';
import { StateError } from '@tercet/core';
import type { Clock, ClockHost, Idleness } from '@tercet/core/lowlevel';
import { clearTimeout, realNow, setTimeout } from '../platform/real-timers.ts';
import { DeadlockWatch } from './deadlock-watch.ts';

/**
 * The settings with which a {@link MockClock} starts.
 *
 * @example
 * const options: MockClockOptions = { autojumpThreshold: 0 };
 * await run(() => sleep({ hours: 8 }), { clock: new MockClock(options) }); // takes no time
 */
export interface MockClockOptions {
  /** Virtual milliseconds per real millisecond. With 0, the default, the clock stands still. */
  readonly rate?: number;
  /** See {@link MockClock.autojumpThreshold}. With Infinity, the default, the clock never jumps on its own. */
  readonly autojumpThreshold?: Duration;
}

interface Alarm {
  readonly deadline: number;
  readonly fire: () => void;
}

/** The longest delay of a timer of the platform. With a longer one the timer would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * A clock that a test controls. It stands still until `jump` moves it, or runs faster or slower than real time, or jumps to
 * the next deadline as soon as nothing else can happen.
 *
 * It starts at 0 and serves one run at a time: `run(main, { clock })`. With an autojump threshold it also notices when a run
 * can never go on: every task waits, no deadline is pending, and the process has no resources that it did not have when the
 * run began. Such a run ends with a `DeadlockError`, which shows the task tree. Timers that do not keep the process alive, such
 * as that of `AbortSignal.timeout()`, do not count as resources.
 *
 * @example
 * const clock = new MockClock({ autojumpThreshold: 0 });
 * await run(() => sleep({ hours: 1 }), { clock }); // takes no time
 */
export class MockClock implements Clock {
  static {
    inspectAs(this, (clock) => `MockClock at ${clock.now()} ms, rate ${clock.rate}`);
  }

  #rate = 0;
  #autojumpThreshold = Infinity;
  /** Virtual time of the last jump or change of the rate. Since then, virtual time has grown by the real time times the rate. */
  #virtualBase = 0;
  /** Real time of the last jump or change of the rate. */
  #realBase: number = realNow();

  /** The run; undefined between runs. */
  #host: ClockHost | undefined = undefined;
  /** Number of runs that were refused and have not called `stop` yet. */
  #refusedStarts = 0;
  /** The next deadline of the run, if any. */
  #alarm: Alarm | undefined = undefined;
  /** Fires when the alarm is due in real time; undefined without an alarm, or while the clock stands still. */
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  /** Exists during a run. */
  #deadlocks: DeadlockWatch | undefined = undefined;

  /** @throws {RangeError} when the rate or the threshold is negative or NaN, or the rate infinite. */
  constructor(options: MockClockOptions = {}) {
    if (options.rate !== undefined) this.rate = options.rate;
    if (options.autojumpThreshold !== undefined) this.autojumpThreshold = options.autojumpThreshold;
  }

  /**
   * Virtual milliseconds per real millisecond: 0 stands still, 2 is twice as fast. It may be changed at any time, which does not
   * change the present instant.
   *
   * @throws {RangeError} when it is set to a negative number, NaN or Infinity.
   */
  get rate(): number {
    return this.#rate;
  }

  set rate(rate: number) {
    if (!(rate >= 0) || rate === Infinity) {
      throw new RangeError(`MockClock.rate must be a finite number that is not negative, not ${rate}`);
    }
    this.#moveTo(this.now());
    this.#rate = rate;
    this.#startTimer();
  }

  /**
   * Number of milliseconds of **real** time for which all tasks have to be blocked before the clock jumps to the next deadline
   * of the run; with 0 it jumps at once, with Infinity never. A change takes effect immediately, even in a run that is blocked.
   *
   * The clock does not jump while a task is in `waitAllTasksBlocked`. Tasks that wait for the network, a file or a process count
   * as blocked. Give such tests a threshold that is longer than those operations take, or no deadlines.
   *
   * @throws {RangeError} when it is set to a negative duration or to NaN.
   */
  get autojumpThreshold(): number {
    return this.#autojumpThreshold;
  }

  set autojumpThreshold(threshold: Duration) {
    this.#autojumpThreshold = toMilliseconds(threshold, 'MockClock.autojumpThreshold');
    this.#host?.idleThresholdChanged();
  }

  /**
   * Advances the clock. All deadlines up to the new instant expire at once, in order. It may be called from anywhere.
   *
   * Not a checkpoint: tasks that it wakes run when the caller next waits.
   *
   * @param duration milliseconds, or `{ seconds: 2 }`.
   * @throws {RangeError} when the duration is negative, NaN or infinite. The clock does not move then.
   */
  jump(duration: Duration): void {
    const milliseconds = toMilliseconds(duration, 'MockClock.jump()');
    if (milliseconds === Infinity) throw new RangeError('MockClock.jump(): the duration must be finite');
    this.#moveTo(this.now() + milliseconds);
    this.#ringIfDue();
  }

  /** The present instant, in virtual milliseconds from the start of the clock. */
  now(): number {
    if (this.#rate === 0) return this.#virtualBase;
    return this.#virtualBase + (realNow() - this.#realBase) * this.#rate;
  }

  /** @internal */
  get idleThreshold(): number {
    return this.#autojumpThreshold;
  }

  /** @internal */
  start(host: ClockHost): void {
    if (this.#host !== undefined) {
      this.#refusedStarts++;
      throw new StateError('this MockClock belongs to a run that has not ended; make a new clock for each run');
    }
    this.#host = host;
    this.#deadlocks = new DeadlockWatch();
  }

  /** @internal */
  stop(): void {
    // A run that was refused calls stop() nevertheless.
    if (this.#refusedStarts > 0) {
      this.#refusedStarts--;
      return;
    }
    this.clearAlarm();
    this.#deadlocks?.stop();
    this.#deadlocks = undefined;
    this.#host = undefined;
  }

  /** @internal */
  setAlarm(deadline: number, fire: () => void): void {
    this.#alarm = { deadline, fire };
    this.#startTimer();
    // The deadline may come from outside of the run while all tasks are blocked.
    if (this.#autojumpThreshold !== Infinity) this.#host?.idleThresholdChanged();
  }

  /** @internal */
  clearAlarm(): void {
    this.#alarm = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @internal */
  idle(nextDeadline: number, idleness: Idleness): void {
    if (nextDeadline === Infinity) {
      runOutside(() => this.#deadlocks?.watch(idleness));
      return;
    }
    if (nextDeadline > this.now()) this.#moveTo(nextDeadline);
    this.#ringIfDue();
  }

  #moveTo(instant: number): void {
    this.#virtualBase = instant;
    this.#realBase = realNow();
  }

  #ringIfDue(): void {
    const alarm = this.#alarm;
    if (alarm === undefined) return;
    if (alarm.deadline > this.now()) {
      this.#startTimer();
      return;
    }
    this.clearAlarm();
    runOutside(alarm.fire);
  }

  // Unless the clock stands still, a real timer fires the alarm.
  #startTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#alarm === undefined) return;
    const left = Math.max(0, this.#alarm.deadline - this.now());
    if (left > 0 && this.#rate === 0) return;
    const delay = left === 0 ? 0 : Math.min(Math.ceil(left / this.#rate), LONGEST_DELAY);
    this.#timer = runOutside(() => setTimeout(() => this.#ringIfDue(), delay));
  }
}
