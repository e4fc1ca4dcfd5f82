import { StateError, WouldBlock } from '@tercet/core';
import { currentTask, inspectAs, ready, rejectIfCancelled, WaitQueue } from '@tercet/core/lowlevel';
import { requireCount } from '../require-count.ts';
import { Holding, runHolding } from './holding.ts';

/** What `CapacityLimiter.statistics` returns. */
export interface CapacityLimiterStatistics {
  readonly borrowedTokens: number;
  readonly totalTokens: number;
  /** Who holds a token: tasks, or what `acquireOnBehalfOf` was given. */
  readonly borrowers: readonly unknown[];
  readonly tasksWaiting: number;
}

/**
 * Limits how many do something at a time: each borrows one of a number of tokens, and gives it back.
 *
 * A borrower is a task, or any object on whose behalf a task acts, and holds one token at most; only who has borrowed one
 * can give one back. The number of tokens can be changed at any time.
 *
 * @example
 * const connections = new CapacityLimiter(10);
 *
 * async function fetchPage(url: string): Promise<string> {
 *   using _ = await connections.acquire();
 *   return await download(url);
 * }
 */
export class CapacityLimiter {
  static {
    inspectAs(this, (limiter) => {
      const { borrowedTokens, totalTokens, tasksWaiting } = limiter.statistics();
      return `CapacityLimiter ${borrowedTokens} of ${totalTokens} borrowed, ${tasksWaiting} waiting`;
    });
  }

  #totalTokens: number;
  readonly #borrowers = new Set<unknown>();
  readonly #waiters = new WaitQueue<Disposable, unknown>('capacity limiter');
  readonly #giveBack = (borrower: unknown): void => this.releaseOnBehalfOf(borrower);

  /**
   * @param totalTokens how many there are: a whole number from zero on, or Infinity.
   * @throws {TypeError} when it is no whole number. @throws {RangeError} when it is negative.
   */
  constructor(totalTokens: number) {
    this.#totalTokens = requireCount(totalTokens, 'CapacityLimiter: the number of tokens');
  }

  /**
   * How many tokens there are. A greater number lets waiting tasks go on at once; a smaller one takes no token away, but
   * none is lent until enough have come back.
   *
   * @throws {TypeError} when it is set to what is no whole number. @throws {RangeError} when that is negative.
   */
  get totalTokens(): number {
    return this.#totalTokens;
  }

  set totalTokens(totalTokens: number) {
    this.#totalTokens = requireCount(totalTokens, 'CapacityLimiter: the number of tokens');
    this.#serve();
  }

  get borrowedTokens(): number {
    return this.#borrowers.size;
  }

  /** How many can be borrowed now; negative when the limiter has shrunk below what is borrowed. */
  get availableTokens(): number {
    return this.#totalTokens - this.#borrowers.size;
  }

  /**
   * Borrows a token for the calling task, and waits while there is none. A checkpoint. Who waits first is served first.
   *
   * @returns what gives it back: `using _ = await limiter.acquire()`. It may be ignored when `release` is called instead.
   * @throws {Cancelled} when the surrounding scope is cancelled; then no token is borrowed.
   * @throws {StateError} when the task has one already, and outside of a run.
   */
  acquire(): Promise<Disposable> {
    return rejectIfCancelled('acquire()') ?? this.#acquire(currentTask(), 'acquire()');
  }

  /**
   * Borrows a token for the calling task, if there is one. Not a checkpoint.
   *
   * @returns what gives it back.
   * @throws {WouldBlock} when there is none. @throws {StateError} when the task has one already, and outside of a run.
   */
  acquireNowait(): Disposable {
    return this.#acquireNowait(currentTask(), 'acquireNowait()');
  }

  /**
   * `acquire` for another borrower: any object, or another task.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; then no token is borrowed.
   * @throws {StateError} when that borrower has one already, and outside of a run.
   */
  acquireOnBehalfOf(borrower: unknown): Promise<Disposable> {
    return rejectIfCancelled('acquireOnBehalfOf()') ?? this.#acquire(borrower, 'acquireOnBehalfOf()');
  }

  /** `acquireNowait` for another borrower. @throws {WouldBlock} when there is none. @throws {StateError} when it has one. */
  acquireOnBehalfOfNowait(borrower: unknown): Disposable {
    return this.#acquireNowait(borrower, 'acquireOnBehalfOfNowait()');
  }

  /** Gives back the calling task's token. Not a checkpoint. @throws {StateError} when the task has none. */
  release(): void {
    this.releaseOnBehalfOf(currentTask());
  }

  /** Gives back that borrower's token. Not a checkpoint. @throws {StateError} when it has none. */
  releaseOnBehalfOf(borrower: unknown): void {
    if (!this.#borrowers.delete(borrower)) {
      throw new StateError('release(): this borrower holds no token of the limiter, or has given it back already');
    }
    this.#serve();
  }

  /**
   * Borrows a token, calls `fn`, and gives it back when that has ended, in whichever way. A checkpoint.
   *
   * @returns what `fn` returns.
   * @throws what `fn` throws, and what `acquire` throws.
   */
  run<R>(fn: () => R | PromiseLike<R>): Promise<R> {
    return runHolding(this, fn);
  }

  statistics(): CapacityLimiterStatistics {
    return {
      borrowedTokens: this.#borrowers.size,
      totalTokens: this.#totalTokens,
      borrowers: [...this.#borrowers],
      tasksWaiting: this.#waiters.length,
    };
  }

  get #hasToken(): boolean {
    return this.#borrowers.size < this.#totalTokens;
  }

  #acquire(borrower: unknown, operation: string): Promise<Disposable> {
    if (this.#borrowers.has(borrower)) return Promise.reject(twice(operation));
    return this.#hasToken ? ready(this.#lend(borrower), operation) : this.#waiters.wait(borrower);
  }

  #acquireNowait(borrower: unknown, operation: string): Disposable {
    if (this.#borrowers.has(borrower)) throw twice(operation);
    if (!this.#hasToken) {
      throw new WouldBlock(`${operation}: all ${this.#totalTokens} tokens of the limiter are borrowed`);
    }
    return this.#lend(borrower);
  }

  #lend(borrower: unknown): Disposable {
    this.#borrowers.add(borrower);
    return new Holding(this.#giveBack, borrower);
  }

  /** Lends the tokens that are there to those who have waited longest. */
  #serve(): void {
    for (let next = this.#waiters.first; next !== undefined && this.#hasToken; next = this.#waiters.first) {
      // Two tasks may have waited on behalf of one borrower.
      if (this.#borrowers.has(next.payload)) next.fail(twice('acquire()'));
      else next.wake(this.#lend(next.payload));
    }
  }
}

function twice(operation: string): StateError {
  return new StateError(`${operation}: this borrower holds a token of the limiter already, and can hold one only`);
}
