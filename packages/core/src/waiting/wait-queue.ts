import type { CancelNode } from '../cancellation/cancel-node.ts';
import type { Task } from '../tasks/task.ts';
import { currentCaller, OUTSIDE } from './caller.ts';
import type { Caller } from './caller.ts';
import { Wait } from './wait.ts';
import type { AbortOutcome } from './wait.ts';

/**
 * One who stands in a {@link WaitQueue}.
 *
 * @typeParam T what the wait returns
 * @typeParam P what the waiter brought along: the item to send, the number of tokens
 */
export interface Waiter<T, P = undefined> {
  readonly task: Task;
  readonly payload: P;
  /** Leaves the queue and lets the wait return `value`. */
  wake(value: T): void;
  /** Leaves the queue and lets the wait throw `error`. */
  fail(error: unknown): void;
}

/**
 * A queue of tasks that wait, first come first served: what locks, channels and parking lots are made of.
 *
 * The links are threaded through the waits themselves, so entering, leaving and being cancelled out of the middle cost
 * the same however many wait, and need no closure.
 */
export class WaitQueue<T, P = undefined> implements Iterable<Waiter<T, P>> {
  readonly #what: string;
  readonly #line = new Line<T, P>();

  /** @param what what its waiters wait for, as the task tree shows it. */
  constructor(what: string) {
    this.#what = what;
  }

  /** How many wait. */
  get length(): number {
    return this.#line.length;
  }

  /** The one who has waited longest. */
  get first(): Waiter<T, P> | undefined {
    return this.#line.first;
  }

  /**
   * Blocks until this waiter is woken. Cancelled, it leaves the queue without a trace.
   *
   * A checkpoint.
   *
   * @param caller who waits, where it has been found already.
   * @throws {Cancelled} when the scope is cancelled.
   * @throws {StateError} outside of a run.
   */
  wait(payload: P, caller: Caller = currentCaller()): Promise<T> {
    if (caller === OUTSIDE) return caller.refuse(this.#what) as Promise<never>;
    const wait = new QueuedWait<T, P>(caller as CancelNode, this.#what, this.#line, payload);
    wait.task.countCheckpoint();
    wait.abortIfCancelled();
    return wait.promise;
  }

  /** Lets the one who has waited longest return `value`; false when nobody waits. */
  wakeFirst(value: T): boolean {
    const { first } = this.#line;
    if (first === undefined) return false;
    first.wake(value);
    return true;
  }

  /**
   * Lets all who wait now return `value`, in the order in which they came. To wake one calls foreign hooks, which may
   * cancel the next one: so always the first who is left is taken.
   */
  wakeAll(value: T): void {
    for (let left = this.length; left > 0 && this.wakeFirst(value); left--);
  }

  /** Lets all who wait now throw: each an error of its own, which `makeError` makes. */
  failAll(makeError: (waiter: Waiter<T, P>) => unknown): void {
    for (let left = this.length; left > 0; left--) {
      const { first } = this.#line;
      if (first === undefined) return;
      first.fail(makeError(first));
    }
  }

  /** Moves the one who has waited longest to the end of another queue, where it goes on waiting; false when nobody waits. */
  moveFirstTo(other: WaitQueue<T, P>): boolean {
    const { first } = this.#line;
    if (first === undefined) return false;
    this.#line.remove(first);
    other.#line.append(first);
    return true;
  }

  /** Those who wait now, in the order in which they came. Any of them may leave meanwhile: who has left is passed over. */
  *[Symbol.iterator](): IterableIterator<Waiter<T, P>> {
    const waiting: QueuedWait<T, P>[] = [];
    for (let wait = this.#line.first; wait !== undefined; wait = wait.behind) waiting.push(wait);
    for (const wait of waiting) if (wait.line === this.#line) yield wait;
  }
}

class Line<T, P> {
  first: QueuedWait<T, P> | undefined = undefined;
  last: QueuedWait<T, P> | undefined = undefined;
  length = 0;

  append(wait: QueuedWait<T, P>): void {
    wait.line = this;
    wait.ahead = this.last;
    if (this.last === undefined) this.first = wait;
    else this.last.behind = wait;
    this.last = wait;
    this.length++;
  }

  remove(wait: QueuedWait<T, P>): void {
    const { ahead, behind } = wait;
    if (ahead === undefined) this.first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.last = ahead;
    else behind.ahead = ahead;
    wait.line = undefined;
    wait.ahead = undefined;
    wait.behind = undefined;
    this.length--;
  }
}

class QueuedWait<T, P> extends Wait<T> implements Waiter<T, P> {
  readonly payload: P;
  line: Line<T, P> | undefined = undefined;
  ahead: QueuedWait<T, P> | undefined = undefined;
  behind: QueuedWait<T, P> | undefined = undefined;

  constructor(node: CancelNode, what: string, line: Line<T, P>, payload: P) {
    super(node, what, true);
    this.payload = payload;
    line.append(this);
  }

  override wake(value: T): void {
    this.line?.remove(this);
    super.wake(value);
  }

  override fail(error: unknown): void {
    this.line?.remove(this);
    super.fail(error);
  }

  protected override withdraw(): AbortOutcome {
    this.line?.remove(this);
    return 'succeeded';
  }
}
