import type { Duration } from '@tercet/core';
import { inspectAs, runOutside, toMilliseconds } from '@tercet/core/lowlevel';
import { StateError } from '@tercet/core';
import type { Clock, ClockHost, Idleness } from '@tercet/core/lowlevel';
import { clearTimeout, realNow, setTimeout } from '../platform/real-timers.ts';
import { DeadlockWatch } from './deadlock-watch.ts';

/** How a {@link MockClock} begins. */
export interface MockClockOptions {
  /** Virtual milliseconds that pass in a real one; 0, the default, is a clock that stands still. */
  readonly rate?: number;
  /** See {@link MockClock.autojumpThreshold}; Infinity, the default, is never. */
  readonly autojumpThreshold?: Duration;
}

interface Alarm {
  readonly deadline: number;
  readonly fire: () => void;
}

/** The longest delay that a timer of the platform can take; a longer one would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * A clock that goes as a test wants it: it stands still and is moved by `jump`, or runs faster or slower than real time,
 * or jumps by itself to the next deadline as soon as nothing else can happen.
 *
 * It begins at 0 and serves one run at a time, given as `run(main, { clock })`. With an autojump threshold it also sees
 * when a run can never go on: every task waits, no deadline is pending, and nothing is under way in the process that was
 * not when the run began. Such a run ends with a `DeadlockError`, which shows the task tree. Timers that do not keep the
 * process alive, such as that of `AbortSignal.timeout()`, do not count.
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
  // The instant of the last change of speed, on both clocks: in between, virtual time is a straight line.
  #virtualBase = 0;
  #realBase: number = realNow();

  #host: ClockHost | undefined = undefined;
  #refusedStarts = 0;
  #alarm: Alarm | undefined = undefined;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #deadlocks: DeadlockWatch | undefined = undefined;

  /** @throws {RangeError} when the rate or the threshold is negative or NaN, or the rate infinite. */
  constructor(options: MockClockOptions = {}) {
    if (options.rate !== undefined) this.rate = options.rate;
    if (options.autojumpThreshold !== undefined) this.autojumpThreshold = options.autojumpThreshold;
  }

  /**
   * Virtual milliseconds that pass in a real one: 0 stands still, 2 is twice as fast. May be changed at any time; the
   * instant at which it is changed stays the same.
   *
   * @throws {RangeError} when it is set to a negative number, to NaN or to Infinity.
   */
  get rate(): number {
    return this.#rate;
  }

  set rate(rate: number) {
    if (!(rate >= 0) || rate === Infinity) {
      throw new RangeError(`MockClock.rate must be a finite number that is not negative, but is ${rate}`);
    }
    this.#moveTo(this.now());
    this.#rate = rate;
    this.#startTimer();
  }

  /**
   * After so many milliseconds of **real** time without a task that could go on, the clock jumps to the next deadline of
   * the run; with 0 at once, with Infinity never. A change acts immediately, also on a run that is blocked already.
   *
   * While anybody is in `waitAllTasksBlocked`, the clock does not jump. Tasks that wait for the network, for a file or
   * for a process count as blocked: give such tests a threshold that is longer than those take, or no deadlines.
   *
   * @throws {RangeError} when it is set to a negative duration or NaN.
   */
  get autojumpThreshold(): number {
    return this.#autojumpThreshold;
  }

  set autojumpThreshold(threshold: Duration) {
    this.#autojumpThreshold = toMilliseconds(threshold, 'MockClock.autojumpThreshold');
    this.#host?.idleThresholdChanged();
  }

  /**
   * Advances the clock; all deadlines that it passes come due at once, in their order. May be called from anywhere.
   *
   * Not a checkpoint: who was woken goes on when the caller next waits.
   *
   * @param duration milliseconds, or `{ seconds: 2 }`.
   * @throws {RangeError} when the duration is negative, NaN or infinite; the clock then stays where it is.
   */
  jump(duration: Duration): void {
    const milliseconds = toMilliseconds(duration, 'MockClock.jump()');
    if (milliseconds === Infinity) throw new RangeError('MockClock.jump(): the duration must be finite');
    this.#moveTo(this.now() + milliseconds);
    this.#ringIfDue();
  }

  /** The present instant, in virtual milliseconds since the clock was made. */
  now(): number {
    if (this.#rate === 0) return this.#virtualBase;
    return this.#virtualBase + (realNow() - this.#realBase) * this.#rate;
  }

  // ---- what the run asks of it

  /** @internal */
  get idleThreshold(): number {
    return this.#autojumpThreshold;
  }

  /** @internal */
  start(host: ClockHost): void {
    if (this.#host !== undefined) {
      this.#refusedStarts++;
      throw new StateError('this MockClock belongs to a run that has not ended; make a new one for each run');
    }
    this.#host = host;
    this.#deadlocks = new DeadlockWatch();
  }

  /** @internal */
  stop(): void {
    // A run whose start was refused stops its clock all the same.
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
    // The deadline may have been set from outside, while all tasks were blocked already.
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

  // Where time flows, a real timer stands for the alarm.
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
