import { StateError, WouldBlock } from '@tercet/core';
import { currentCaller, currentTask, inspectAs, rejected, WaitQueue } from '@tercet/core/lowlevel';
import type { Selectable } from '@tercet/core/lowlevel';
import { requireCount } from '../arguments/require-count.ts';
import { Holding, runHolding } from './holding.ts';

/**
 * The result of `CapacityLimiter.statistics`.
 *
 * @example
 * const limiter = new CapacityLimiter(10);
 * await limiter.run(async () => {
 *   const { borrowedTokens, totalTokens, tasksWaiting }: CapacityLimiterStatistics = limiter.statistics();
 *   console.log(`${borrowedTokens} of ${totalTokens}, ${tasksWaiting} tasks wait`);
 * });
 */
export interface CapacityLimiterStatistics {
  /** How many are borrowed now. */
  readonly borrowedTokens: number;
  /** How many there are. */
  readonly totalTokens: number;
  /** The holders of tokens: tasks, or objects that were given to `acquireOnBehalfOf`. */
  readonly borrowers: readonly unknown[];
  /** How many tasks wait for it. */
  readonly tasksWaiting: number;
}

/**
 * Limits how many tasks do something at a time: each borrows one of a number of tokens, and gives it back.
 *
 * A borrower is a task, or any object on whose behalf a task acts, and holds one token at most; only a borrower can
 * give one back. The number of tokens can be changed at any time.
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
    inspectAs(
      this,
      (limiter) =>
        `CapacityLimiter ${limiter.borrowedTokens} of ${limiter.#totalTokens} borrowed, ${limiter.#waiters.length} waiting`,
    );
  }

  #totalTokens = 0;
  /** Each holds one token. May be more than `#totalTokens`, after that was made smaller. */
  #borrowers = new Set<unknown>();
  /** How many tokens have come back since the set was last renewed. */
  #returned = 0;
  /** Each waits with its borrower, and only while no token is available. */
  readonly #waiters = new WaitQueue<Disposable, unknown>('capacity limiter');
  /** Made once, since it holds no state. */
  #case: Selectable<Disposable> | undefined = undefined;
  readonly #giveBack = (borrower: unknown): void => this.releaseOnBehalfOf(borrower);

  /**
   * @param totalTokens how many there are: a whole number from zero on, or Infinity.
   * @throws {TypeError} when it is not a whole number. @throws {RangeError} when it is negative.
   */
  constructor(totalTokens: number) {
    this.#totalTokens = requireCount(totalTokens, 'CapacityLimiter: the number of tokens');
  }

  /**
   * How many tokens there are. A greater number lets waiting tasks go on at once; a smaller one takes no token away, but
   * none is lent until enough have come back.
   *
   * @throws {TypeError} when it is set to something else than a whole number. @throws {RangeError} when that is negative.
   */
  get totalTokens(): number {
    return this.#totalTokens;
  }

  set totalTokens(totalTokens: number) {
    this.#totalTokens = requireCount(totalTokens, 'CapacityLimiter: the number of tokens');
    this.#serve();
  }

  /** How many tokens are borrowed now. */
  get borrowedTokens(): number {
    return this.#borrowers.size;
  }

  /** How many can be borrowed now; negative when the limiter has shrunk below what is borrowed. */
  get availableTokens(): number {
    return this.#totalTokens - this.#borrowers.size;
  }

  /**
   * Borrows a token for the calling task, and waits while there is none. A checkpoint. The task that
   * has waited longest is served first.
   *
   * @returns what gives it back: `using _ = await limiter.acquire()`. It may be ignored when `release` is called instead.
   * @throws {Cancelled} when the surrounding scope is cancelled; then no token is borrowed.
   * @throws {StateError} when the task has one already, and outside of a run.
   */
  acquire(): Promise<Disposable> {
    return this.#acquire(currentTask);
  }

  /** `acquire` as a case of a `select`. */
  acquiring(): Selectable<Disposable> {
    return (this.#case ??= {
      poll: () => {
        const borrower = currentTask();
        if (this.#borrowers.has(borrower)) throw twice();
        return this.#hasToken ? { value: this.#lend(borrower) } : undefined;
      },
      arm: (slot) => this.#waiters.enter(slot.task, slot),
    });
  }

  /**
   * Borrows a token for the calling task, if there is one. Not a checkpoint.
   *
   * @returns what gives it back.
   * @throws {WouldBlock} when there is none. @throws {StateError} when the task has one already, and outside of a run.
   */
  acquireNowait(): Disposable {
    return this.acquireOnBehalfOfNowait(currentTask());
  }

  /**
   * `acquire` for another borrower: any object, or another task.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; then no token is borrowed.
   * @throws {StateError} when that borrower has one already, and outside of a run.
   */
  acquireOnBehalfOf(borrower: unknown): Promise<Disposable> {
    return this.#acquire(() => borrower);
  }

  /** `acquireNowait` for another borrower. @throws {WouldBlock} when there is none. @throws {StateError} when it has one. */
  acquireOnBehalfOfNowait(borrower: unknown): Disposable {
    if (this.#borrowers.has(borrower)) throw twice();
    if (!this.#hasToken) throw new WouldBlock('acquireNowait(): all tokens of the limiter are borrowed');
    return this.#lend(borrower);
  }

  /** Gives back the calling task's token. Not a checkpoint. @throws {StateError} when the task has none. */
  release(): void {
    this.releaseOnBehalfOf(currentTask());
  }

  /** Gives back that borrower's token. Not a checkpoint. @throws {StateError} when it has none. */
  releaseOnBehalfOf(borrower: unknown): void {
    if (!this.#borrowers.delete(borrower)) {
      throw new StateError('release(): this borrower holds no token of the limiter');
    }
    this.#renewBorrowers();
    this.#serve();
  }

  /**
   * Borrows a token, calls `fn`, and gives it back when that has ended, in whichever way. A checkpoint.
   *
   * @returns what `fn` returns.
   * @throws the error of `fn`, and the errors of `acquire`.
   */
  run<R>(fn: () => R | PromiseLike<R>): Promise<R> {
    return runHolding(this, fn);
  }

  /** Numbers about its state at this moment. */
  statistics(): CapacityLimiterStatistics {
    return {
      borrowedTokens: this.#borrowers.size,
      totalTokens: this.#totalTokens,
      borrowers: [...this.#borrowers],
      tasksWaiting: this.#waiters.length,
    };
  }

  #acquire(borrowerOf: () => unknown): Promise<Disposable> {
    const caller = currentCaller();
    const refused = caller.refuse('acquire()');
    if (refused !== undefined) return refused;
    const borrower = borrowerOf();
    if (this.#borrowers.has(borrower)) return rejected(twice());
    return this.#hasToken ? caller.ready(this.#lend(borrower)) : this.#waiters.wait(borrower, caller);
  }

  // V8 links the table of a set to the one that follows it. Once the first of them has grown old, everything that was ever
  // in the set survives until the next full collection, which makes a small operation twice as expensive
  // (benchmark `fs`, stat). A new set ends that chain.
  #renewBorrowers(): void {
    if (++this.#returned <= Math.max(64, this.#borrowers.size)) return;
    this.#returned = 0;
    this.#borrowers = new Set(this.#borrowers);
  }

  get #hasToken(): boolean {
    return this.#borrowers.size < this.#totalTokens;
  }

  #lend(borrower: unknown): Disposable {
    this.#borrowers.add(borrower);
    return new Holding(this.#giveBack, borrower);
  }

  /** Lends the available tokens to the tasks that have waited longest. */
  #serve(): void {
    for (let next = this.#waiters.first; next !== undefined && this.#hasToken; next = this.#waiters.first) {
      // Two tasks may have waited on behalf of one borrower.
      if (this.#borrowers.has(next.payload)) next.fail(twice());
      else next.wake(this.#lend(next.payload));
    }
  }
}

function twice(): StateError {
  return new StateError('acquire(): this borrower holds a token of the limiter already');
}
