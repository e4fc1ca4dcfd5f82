import assert from 'node:assert/strict';
import { CapacityLimiter, Semaphore } from '@tercet/sync';
import { Game, outcomeOf, pick } from '../random-programs.ts';
import type { Operation, Step, Worker } from '../random-programs.ts';

/** Random programs for a semaphore. */
export class SemaphoreGame extends Game {
  readonly #semaphore: Semaphore;
  readonly #maxValue: number;
  #queue: Operation[] = [];
  #value: number;

  constructor(value: number, maxValue: number) {
    super();
    this.#semaphore = new Semaphore(value, { maxValue });
    this.#value = value;
    this.#maxValue = maxValue;
  }

  readonly moves: Game['moves'] = [
    (worker, step): void => {
      const operation = this.begin(worker, step, () => this.#semaphore.acquire());
      if (this.#value === 0) this.#queue.push(operation);
      else {
        this.#value--;
        operation.expected = 'held';
      }
    },
    (): void => {
      assert.equal(
        outcomeOf(() => this.#semaphore.acquireNowait()),
        this.#value === 0 ? 'WouldBlock' : 'held',
      );
      if (this.#value > 0) this.#value--;
    },
    (): void => {
      const next = this.#queue.shift();
      const expected = next === undefined && this.#value === this.#maxValue ? 'RangeError' : 'null';
      assert.equal(
        outcomeOf(() => this.#semaphore.release()),
        expected,
      );
      if (next !== undefined) next.expected = 'held';
      else if (expected === 'null') this.#value++;
    },
    this.cancel,
    this.kill,
  ];

  override cancelled(operation: Operation): void {
    operation.expected = 'cancelled';
    this.#queue = this.#queue.filter((each) => each !== operation);
  }

  override check(): void {
    assert.equal(this.#semaphore.value, this.#value);
    assert.deepEqual(this.#semaphore.statistics(), { tasksWaiting: this.#queue.length });
    assert.ok(this.#value === 0 || this.#queue.length === 0);
  }
}

interface Wanted {
  readonly operation: Operation;
  readonly borrower: unknown;
}

/** Random programs for a capacity limiter: some borrow for themselves, some on behalf of one of three numbers. */
export class LimiterGame extends Game {
  readonly #limiter = new CapacityLimiter(2);
  readonly #borrowers = new Set<unknown>();
  #queue: Wanted[] = [];
  #total = 2;

  readonly moves: Game['moves'] = [
    (worker, step): void => {
      const operation = this.begin(worker, step, () => this.#limiter.acquire());
      this.#want({ operation, borrower: worker.task });
    },
    (worker, step): void => {
      const borrower = step.target % 3;
      const operation = this.begin(worker, step, () => this.#limiter.acquireOnBehalfOf(borrower));
      this.#want({ operation, borrower });
    },
    (worker, { target }): void => {
      const own = target % 2 === 0;
      const borrower = own ? worker.task : target % 3;
      const outcome = outcomeOf(() =>
        worker.inside(() => (own ? this.#limiter.acquireNowait() : this.#limiter.acquireOnBehalfOfNowait(borrower))),
      );
      const isFree = this.#borrowers.size < this.#total;
      assert.equal(outcome, this.#borrowers.has(borrower) ? 'StateError' : isFree ? 'held' : 'WouldBlock');
      if (outcome === 'held') this.#borrowers.add(borrower);
    },
    (worker): void => this.#giveBack(worker.task, () => worker.inside(() => this.#limiter.release())),
    (_: Worker, { target }: Step): void => {
      const borrower = pick([...this.#borrowers, 0], target);
      this.#giveBack(borrower, () => this.#limiter.releaseOnBehalfOf(borrower));
    },
    (_: Worker, { amount }: Step): void => {
      this.#limiter.totalTokens = this.#total = amount % 5;
      this.#serve();
    },
    this.cancel,
    this.kill,
  ];

  override cancelled(operation: Operation): void {
    operation.expected = 'cancelled';
    this.#queue = this.#queue.filter((each) => each.operation !== operation);
  }

  override check(): void {
    assert.deepEqual(this.#limiter.statistics(), {
      borrowedTokens: this.#borrowers.size,
      totalTokens: this.#total,
      borrowers: [...this.#borrowers],
      tasksWaiting: this.#queue.length,
    });
    assert.equal(this.#limiter.availableTokens, this.#total - this.#borrowers.size);
    assert.ok(this.#queue.length === 0 || this.#borrowers.size >= this.#total);
  }

  #want({ operation, borrower }: Wanted): void {
    if (this.#borrowers.has(borrower)) operation.expected = 'StateError';
    else {
      this.#queue.push({ operation, borrower });
      this.#serve();
    }
  }

  #giveBack(borrower: unknown, giveBack: () => void): void {
    assert.equal(outcomeOf(giveBack), this.#borrowers.delete(borrower) ? 'null' : 'StateError');
    this.#serve();
  }

  #serve(): void {
    while (this.#queue.length > 0 && this.#borrowers.size < this.#total) {
      const { operation, borrower } = this.#queue.shift()!;
      operation.expected = this.#borrowers.has(borrower) ? 'StateError' : 'held';
      this.#borrowers.add(borrower);
    }
  }
}
