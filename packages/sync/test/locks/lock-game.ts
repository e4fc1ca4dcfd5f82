import assert from 'node:assert/strict';
import { Condition, Lock } from '@tercet/sync';
import { Game, outcomeOf, remove } from '../random-programs.ts';
import type { Operation, Step, Worker } from '../random-programs.ts';

/** One that wants the lock, and what its operation returns when it has it. */
interface Waiting {
  readonly operation: Operation;
  readonly outcome: string;
}

/** Random programs for a lock; what its conditions add to that comes below. */
export class LockGame extends Game {
  protected readonly lock: Lock = new Lock();
  protected owner: Worker | undefined = undefined;
  protected readonly queue: Waiting[] = [];
  #broken = false;

  protected readonly lockMoves: Game['moves'] = [
    (worker, step): void => {
      const operation = this.begin(worker, step, () => this.lock.acquire());
      const refusal = this.#refusal(worker);
      if (refusal !== undefined) operation.expected = refusal;
      else this.want({ operation, outcome: 'held' });
    },
    (worker): void => {
      const outcome = outcomeOf(() => worker.inside(() => this.lock.acquireNowait()));
      const refusal = this.#refusal(worker);
      assert.equal(outcome, refusal ?? (this.owner === undefined ? 'held' : 'WouldBlock'));
      if (outcome === 'held') this.owner = worker;
    },
    this.#release.bind(this),
    this.#release.bind(this),
    this.cancel,
  ];

  moves: Game['moves'] = [...this.lockMoves, this.kill];

  override cancelled(operation: Operation): void {
    operation.expected = 'cancelled';
    const waiting = this.queue.find((each) => each.operation === operation);
    if (waiting !== undefined) remove(this.queue, waiting);
  }

  override settle(): void {
    if (this.owner === undefined || this.owner.alive || this.#broken) return;
    this.#broken = true;
    for (const { operation } of this.queue.splice(0)) operation.expected = 'BrokenResourceError';
  }

  override check(): void {
    assert.deepEqual(this.lock.statistics(), {
      locked: this.owner !== undefined,
      owner: this.owner?.task,
      tasksWaiting: this.queue.length,
    });
    if (this.queue.length > 0) assert.notEqual(this.owner, undefined);
  }

  /** It gets the lock, or joins the queue for it. */
  protected want(waiting: Waiting): void {
    if (this.owner === undefined) this.#give(waiting);
    else this.queue.push(waiting);
  }

  protected passOn(): void {
    this.owner = undefined;
    const next = this.queue.shift();
    if (next !== undefined) this.#give(next);
  }

  #give({ operation, outcome }: Waiting): void {
    this.owner = operation.worker;
    operation.expected = outcome;
  }

  #release(worker: Worker): void {
    const outcome = outcomeOf(() => worker.inside(() => this.lock.release()));
    assert.equal(outcome, this.owner === worker ? 'null' : 'StateError');
    if (this.owner === worker) this.passOn();
  }

  #refusal(worker: Worker): string | undefined {
    if (this.#broken) return 'BrokenResourceError';
    return this.owner === worker ? 'StateError' : undefined;
  }
}

/** Random programs for a lock with a condition. */
export class ConditionGame extends LockGame {
  readonly #condition = new Condition(this.lock);
  readonly #waiting: Operation[] = [];
  /** Those whose wait was cancelled: they pass on the notification that they had, and want the lock before they go on. */
  #returning: { readonly operation: Operation; readonly notified: boolean }[] = [];

  override moves: Game['moves'] = [
    // A worker that ends in the middle of a wait gets neither the lock nor on: that is left out here.
    ...this.lockMoves,
    this.#wait.bind(this),
    this.#wait.bind(this),
    this.#notify.bind(this),
    this.#notify.bind(this),
  ];

  override cancelled(operation: Operation): void {
    const notified = this.queue.find((each) => each.operation === operation);
    if (notified?.outcome === 'cancelled' || this.#returning.some((each) => each.operation === operation)) return;
    if (notified?.outcome === 'held') super.cancelled(operation);
    else {
      if (notified === undefined) remove(this.#waiting, operation);
      else remove(this.queue, notified);
      this.#returning.push({ operation, notified: notified !== undefined });
    }
  }

  override settle(): void {
    for (const { operation, notified } of this.#returning) {
      const next = notified ? this.#waiting.shift() : undefined;
      if (next !== undefined) this.want({ operation: next, outcome: 'null' });
      if (this.owner === operation.worker) operation.expected = 'StateError';
      else this.want({ operation, outcome: 'cancelled' });
    }
    this.#returning = [];
    super.settle();
  }

  override check(): void {
    super.check();
    assert.equal(this.#condition.statistics().tasksWaiting, this.#waiting.length);
  }

  #wait(worker: Worker, step: Step): void {
    const operation = this.begin(worker, step, () => this.#condition.wait());
    if (this.owner !== worker) operation.expected = 'StateError';
    else {
      this.#waiting.push(operation);
      this.passOn();
    }
  }

  #notify(worker: Worker, { amount }: Step): void {
    const count = amount % 5 === 4 ? Infinity : amount % 5;
    const outcome = outcomeOf(() => worker.inside(() => this.#condition.notify(count)));
    assert.equal(outcome, this.owner === worker ? 'null' : 'StateError');
    if (this.owner !== worker) return;
    for (const operation of this.#waiting.splice(0, count)) this.queue.push({ operation, outcome: 'null' });
  }
}
