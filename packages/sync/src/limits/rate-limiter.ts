import { currentTime, sleepUntil } from '@tercet/core';
import type { Duration } from '@tercet/core';
import { currentCaller, inspectAs, rejected, toMilliseconds, WaitQueue } from '@tercet/core/lowlevel';
import type { Caller } from '@tercet/core/lowlevel';

/**
 * How a {@link RateLimiter} is made.
 *
 * @example
 * // Ten requests a second on average, and five at once at most.
 * const options: RateLimiterOptions = { tokens: 10, per: { seconds: 1 }, burst: 5 };
 * const limiter = new RateLimiter(options);
 * await limiter.acquire();
 */
export interface RateLimiterOptions {
  /** How many tokens come back in each period: a number above zero. */
  readonly tokens: number;
  /** The period: milliseconds, or `{ seconds: 1 }`. */
  readonly per: Duration;
  /** How many tokens can collect while none is taken; by default as many as `tokens`. */
  readonly burst?: number;
}

/**
 * The result of `RateLimiter.statistics`.
 *
 * @example
 * const limiter = new RateLimiter({ tokens: 10, per: { seconds: 1 } });
 * await limiter.acquire(3);
 * const { availableTokens, tasksWaiting }: RateLimiterStatistics = limiter.statistics(); // 7, 0
 */
export interface RateLimiterStatistics {
  /** How many tokens were there when it was last asked for some; a fraction counts. */
  readonly availableTokens: number;
  /** How many tasks wait for tokens. */
  readonly tasksWaiting: number;
}

/**
 * Limits how often something is done: a token bucket. It is full at first; tokens come back evenly, on the clock of the run,
 * and each call takes some of them.
 *
 * To limit how many do something at the same time, use `CapacityLimiter`.
 *
 * @example
 * const limiter = new RateLimiter({ tokens: 10, per: { seconds: 1 } });
 *
 * async function ask(question: string): Promise<string> {
 *   await limiter.acquire();
 *   return await send(question);
 * }
 */
export class RateLimiter {
  static {
    inspectAs(this, (limiter) => {
      const { tasksWaiting } = limiter.statistics();
      return `RateLimiter ${limiter.#tokens} per ${limiter.#period} ms, ${tasksWaiting} waiting`;
    });
  }

  readonly #tokens: number;
  readonly #period: number;
  readonly #burst: number;
  /** The number of tokens at the instant `#since`. */
  #level: number;
  /** NaN until it is first used: only then is there a clock. */
  #since = NaN;
  /** Whether a task sleeps until there are enough tokens for it. The tasks behind it wait in `#line`. */
  #hasHead = false;
  readonly #line = new WaitQueue<void>('turn at a rate limiter');

  /** @throws {RangeError} when `tokens`, `per` or `burst` is not above zero and finite. */
  constructor(options: RateLimiterOptions) {
    const { tokens, per, burst = tokens } = options;
    this.#tokens = requirePositive('tokens', tokens);
    this.#period = requirePositive('per', toMilliseconds(per, 'RateLimiter: per'));
    this.#burst = requirePositive('burst', burst);
    this.#level = burst;
  }

  /**
   * Takes tokens, and waits until there are enough. A checkpoint. The task that has waited longest is served first, even if
   * there are enough tokens for one behind it that wants fewer.
   *
   * @param tokens how many; 1 when left out.
   * @throws {RangeError} when that is not above zero, or more than the bucket can hold.
   * @throws {Cancelled} when the surrounding scope is cancelled; then no token is taken.
   * @throws {StateError} outside of a run.
   */
  acquire(tokens = 1): Promise<void> {
    const caller = currentCaller();
    const refused = caller.refuse('acquire()');
    if (refused !== undefined) return refused;
    const refusal = this.#refusal('acquire()', tokens);
    if (refusal !== undefined) return rejected(refusal);
    return !this.#hasHead && this.#take(tokens) ? caller.ready(undefined) : this.#waitFor(tokens, caller);
  }

  /**
   * Takes tokens, if there are enough and no task waits. Not a checkpoint, but called in a run, for its clock.
   *
   * @returns whether they were taken.
   * @throws {RangeError} as `acquire`. @throws {StateError} outside of a run.
   */
  tryAcquire(tokens = 1): boolean {
    const refusal = this.#refusal('tryAcquire()', tokens);
    if (refusal !== undefined) throw refusal;
    return !this.#hasHead && this.#take(tokens);
  }

  /** Numbers about its state at this moment. */
  statistics(): RateLimiterStatistics {
    return { availableTokens: this.#level, tasksWaiting: this.#line.length + (this.#hasHead ? 1 : 0) };
  }

  async #waitFor(tokens: number, caller: Caller): Promise<void> {
    if (this.#hasHead) await this.#line.wait(undefined, caller);
    // This task is at the head of the line from here on. If it was woken, `#hasHead` has stayed true for it.
    this.#hasHead = true;
    try {
      while (!this.#take(tokens)) {
        const missing = tokens - this.#level;
        // At least a little: a fraction that is lost in rounding must not make it spin.
        await sleepUntil(this.#since + Math.max((missing * this.#period) / this.#tokens, 0.001));
      }
    } finally {
      this.#hasHead = this.#line.wakeFirst();
    }
  }

  #take(tokens: number): boolean {
    const now = currentTime();
    // The clock of another run may be behind.
    const elapsed = Number.isNaN(this.#since) ? 0 : Math.max(0, now - this.#since);
    this.#level = Math.min(this.#burst, this.#level + (elapsed * this.#tokens) / this.#period);
    this.#since = now;
    if (this.#level < tokens - 1e-9) return false;
    this.#level = Math.max(0, this.#level - tokens);
    return true;
  }

  #refusal(operation: string, tokens: number): RangeError | undefined {
    if (tokens > 0 && tokens <= this.#burst) return undefined;
    const range = `above zero and at most ${this.#burst}, the size of the bucket`;
    return new RangeError(`${operation}: the number of tokens must be ${range}, not ${String(tokens)}`);
  }
}

function requirePositive(what: string, value: number): number {
  if (value > 0 && value < Infinity) return value;
  throw new RangeError(`RateLimiter: ${what} must be above zero and finite, not ${String(value)}`);
}
