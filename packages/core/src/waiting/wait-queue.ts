import type { CancelNode } from '../cancellation/cancel-node.ts';
import type { Task } from '../tasks/task.ts';
import { currentCaller, OUTSIDE } from './caller.ts';
import type { Caller } from './caller.ts';
import type { Slot } from './selectable.ts';
import { Wait } from './wait.ts';
import type { AbortOutcome } from './wait.ts';

/**
 * An entry of a {@link WaitQueue}.
 *
 * @typeParam T what the wait returns
 * @typeParam P the data of the waiter: the item to send, the number of tokens
 * @example
 * const queue = new WaitQueue<void, number>('room');
 * let room = 3;
 * function addRoom(amount: number): void {
 *   room += amount;
 *   for (let first: Waiter<void, number> | undefined; (first = queue.first) && first.payload <= room; ) {
 *     room -= first.payload; // the number that the waiter has asked for
 *     first.wake(undefined);
 *   }
 * }
 * addRoom(2);
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
 * A queue of waiting tasks, first come, first served: the building block of locks, channels and parking lots.
 *
 * An intrusive doubly linked list: the links are fields of the waits. So entering, leaving and being cancelled in the middle
 * take constant time and no closure.
 *
 * @example
 * const waiters = new WaitQueue<string>('news');
 * nursery.startSoon(async () => console.log(await waiters.wait(undefined)));
 * await waitAllTasksBlocked();
 * waiters.wakeAll('it works');
 */
export class WaitQueue<T, P = undefined> implements Iterable<Waiter<T, P>> {
  readonly #what: string;
  readonly #line = new Line<T, P>();

  /** @param what the name of the wait in the task tree. */
  constructor(what: string) {
    this.#what = what;
  }

  /** Number of waiters. */
  get length(): number {
    return this.#line.length;
  }

  /** The waiter that has waited longest. */
  get first(): Waiter<T, P> | undefined {
    return this.#line.first;
  }

  /**
   * Blocks until this waiter is woken. Cancelled, it leaves the queue without a trace.
   *
   * A checkpoint.
   *
   * @param caller the caller, if it has been looked up already.
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

  /**
   * Adds a case of a selection to the queue. Waking the case, or failing it, decides the selection.
   *
   * @returns a function that removes it.
   */
  enter(payload: P, slot: Slot<T>): () => void {
    const entry = new SlotEntry(payload, slot);
    this.#line.append(entry);
    return () => entry.line?.remove(entry);
  }

  /** Wakes the waiter that has waited longest with `value`. @returns false when there is none. */
  wakeFirst(value: T): boolean {
    const { first } = this.#line;
    if (first === undefined) return false;
    first.wake(value);
    return true;
  }

  /**
   * Wakes all that wait now with `value`, the oldest first. Waking a task calls foreign hooks, which may cancel the next one:
   * so each step takes the first that is left.
   */
  wakeAll(value: T): void {
    for (let left = this.length; left > 0 && this.wakeFirst(value); left--);
  }

  /** Lets all that wait now throw, each the error that `makeError` makes for it. */
  failAll(makeError: (waiter: Waiter<T, P>) => unknown): void {
    for (let left = this.length; left > 0; left--) {
      const { first } = this.#line;
      if (first === undefined) return;
      first.fail(makeError(first));
    }
  }

  /** Moves the waiter that has waited longest to the end of another queue. @returns false if there is none. */
  moveFirstTo(other: WaitQueue<T, P>): boolean {
    const { first } = this.#line;
    if (first === undefined) return false;
    this.#line.remove(first);
    other.#line.append(first);
    return true;
  }

  /** The waiters of this moment, the oldest first. Those that leave during the iteration are skipped. */
  *[Symbol.iterator](): IterableIterator<Waiter<T, P>> {
    const waiting: Entry<T, P>[] = [];
    for (let wait = this.#line.first; wait !== undefined; wait = wait.behind) waiting.push(wait);
    for (const wait of waiting) if (wait.line === this.#line) yield wait;
  }
}

/** A waiter with the links to its neighbours. */
interface Entry<T, P> extends Waiter<T, P> {
  /** The list that it is in; `undefined` once it has left. */
  line: Line<T, P> | undefined;
  ahead: Entry<T, P> | undefined;
  behind: Entry<T, P> | undefined;
}

class Line<T, P> {
  first: Entry<T, P> | undefined = undefined;
  last: Entry<T, P> | undefined = undefined;
  length = 0;

  append(wait: Entry<T, P>): void {
    wait.line = this;
    wait.ahead = this.last;
    if (this.last === undefined) this.first = wait;
    else this.last.behind = wait;
    this.last = wait;
    this.length++;
  }

  remove(wait: Entry<T, P>): void {
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

class QueuedWait<T, P> extends Wait<T> implements Entry<T, P> {
  readonly payload: P;
  line: Line<T, P> | undefined = undefined;
  ahead: Entry<T, P> | undefined = undefined;
  behind: Entry<T, P> | undefined = undefined;

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

/** The entry of a case of a selection, which itself waits once for all its cases. */
class SlotEntry<T, P> implements Entry<T, P> {
  readonly payload: P;
  readonly #slot: Slot<T>;
  line: Line<T, P> | undefined = undefined;
  ahead: Entry<T, P> | undefined = undefined;
  behind: Entry<T, P> | undefined = undefined;

  constructor(payload: P, slot: Slot<T>) {
    this.payload = payload;
    this.#slot = slot;
  }

  get task(): Task {
    return this.#slot.task;
  }

  wake(value: T): void {
    this.line?.remove(this);
    this.#slot.wake(value);
  }

  fail(error: unknown): void {
    this.line?.remove(this);
    this.#slot.fail(error);
  }
}
