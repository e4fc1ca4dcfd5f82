import type { CancelNode } from '../cancellation/cancel-node.ts';
import { InternalError } from '../errors/tercet-error.ts';
import { callerNode } from './caller.ts';
import type { Caller } from './caller.ts';
import { Wait } from './wait.ts';
import type { AbortOutcome, Waker } from './wait.ts';

/**
 * An operation that can be a case of a `select`: it either takes effect as a whole, or leaves no trace.
 *
 * @typeParam T what the operation returns
 */
export interface Selectable<out T> {
  /**
   * Performs the operation if that is possible at once.
   *
   * @returns its value; `undefined` when it would have to wait.
   * @throws when it can never take effect, for instance at the end of a channel. Then the selection fails.
   */
  poll(): { readonly value: T } | undefined;
  /**
   * Begins to wait. The slot is used once, synchronously, at the moment in which the operation takes effect.
   *
   * @returns a function that ends the wait. It is called when another case takes effect, or the selection is cancelled.
   */
  arm(slot: Slot<T>): () => void;
}

/** Completes a waiting case of a selection, with a value or an error. */
export type Slot<T> = Waker<T>;

/** A case and the name that it has in its selection. */
export type NamedCase = readonly [key: string, operation: Selectable<unknown>];

/**
 * Waits until one of several operations has taken effect; the others leave no trace. For `select` and similar functions, which
 * call it when no operation was possible at once.
 *
 * A checkpoint.
 *
 * @param what the name of the wait in the task tree.
 * @returns the name and the value of the operation that took effect.
 * @throws {Cancelled} when the scope is cancelled. Then none has taken effect.
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
  /** The functions that end the waits of the cases; empty once one has taken effect. */
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
      // A case may take effect while it is armed.
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
