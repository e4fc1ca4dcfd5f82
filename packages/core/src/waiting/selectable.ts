import type { CancelNode } from '../cancellation/cancel-node.ts';
import { InternalError } from '../errors/tercet-error.ts';
import { callerNode } from './caller.ts';
import type { Caller } from './caller.ts';
import { Wait } from './wait.ts';
import type { AbortOutcome, Waker } from './wait.ts';

/**
 * An operation that can be one case of a selection: it takes effect as a whole, or leaves no trace.
 *
 * @typeParam T what the operation returns
 */
export interface Selectable<out T> {
  /**
   * Takes effect, if that is possible at once.
   *
   * @returns its value; `undefined` when it would have to wait.
   * @throws when it can never take effect, as at the end of a channel: that fails the selection.
   */
  poll(): { readonly value: T } | undefined;
  /**
   * Begins to wait. What serves it uses the slot, synchronously and once, at the moment in which it takes effect.
   *
   * @returns what ends the waiting; called when another case has been served, or the selection was cancelled.
   */
  arm(slot: Slot<T>): () => void;
}

/** What serves a case of a selection that waits. */
export type Slot<T> = Waker<T>;

/** A case, under the name that it has in a selection. */
export type NamedCase = readonly [key: string, operation: Selectable<unknown>];

/**
 * Waits until one of several operations has taken effect, all of which have been polled in vain: for `select` and its like.
 * The others are as if they had never begun.
 *
 * A checkpoint.
 *
 * @param what what is waited for, as the task tree shows it.
 * @returns the name and the value of the one.
 * @throws {Cancelled} when the scope is cancelled: then none has taken effect.
 */
export function waitForOne(
  what: string,
  cases: readonly NamedCase[],
  caller: Caller,
): Promise<{ key: string; value: unknown }> {
  const wait = new SelectionWait(callerNode(caller), what);
  wait.task.countCheckpoint();
  wait.arm(cases);
  wait.abortIfCancelled();
  return wait.promise;
}

class SelectionWait extends Wait<{ key: string; value: unknown }> {
  /** What ends the waiting of each case. */
  #disarm: (() => void)[] = [];

  constructor(node: CancelNode, what: string) {
    super(node, what, true);
  }

  arm(cases: readonly NamedCase[]): void {
    for (const [key, operation] of cases) {
      const slot: Slot<unknown> = {
        task: this.task,
        wake: (value) => {
          const failure = this.#disarmAll();
          this.wake({ key, value });
          this.#report(failure);
        },
        fail: (error) => {
          const failure = this.#disarmAll();
          this.fail(error);
          this.#report(failure);
        },
      };
      try {
        this.#disarm.push(operation.arm(slot));
      } catch (error) {
        slot.fail(error);
      }
      // A case may be served while it is armed.
      if (this.settled) return this.#report(this.#disarmAll());
    }
  }

  /** Ends the waiting of all cases. Returns what one of them has thrown, which must not keep the selection from going on. */
  #disarmAll(): { readonly error: unknown } | undefined {
    const disarm = this.#disarm;
    this.#disarm = [];
    let failure: { readonly error: unknown } | undefined;
    for (const each of disarm) {
      try {
        each();
      } catch (error) {
        failure ??= { error };
      }
    }
    return failure;
  }

  #report(failure: { readonly error: unknown } | undefined): void {
    if (failure === undefined) return;
    const text = `a case of '${this.what}' threw when it was withdrawn`;
    this.node.run.crash(new InternalError(text, { cause: failure.error }));
  }

  protected override withdraw(): AbortOutcome {
    const failure = this.#disarmAll();
    if (failure !== undefined) throw failure.error;
    return 'succeeded';
  }
}
