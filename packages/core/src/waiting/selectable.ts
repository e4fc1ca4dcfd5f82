import type { CancelNode } from '../cancellation/cancel-node.ts';
import { InternalError } from '../errors/tercet-error.ts';
import { callerNode } from './caller.ts';
import type { Caller } from './caller.ts';
import type { Task } from '../tasks/task.ts';
import { Wait } from './wait.ts';
import type { AbortOutcome, Waker } from './wait.ts';

/**
 * An operation that can be a case of a `select`: it either takes effect as a whole, or leaves no trace.
 *
 * @typeParam T what the operation returns
 * @example
 * import { once } from 'node:events';
 *
 * // The next event of an emitter, as a case of a `select`.
 * const nextEvent = (emitter: EmitterLike, name: string): Selectable<unknown> => ({
 *   poll: () => undefined, // an emitter cannot say whether its event has come already
 *   arm(slot) {
 *     const listener = (value: unknown): void => slot.wake(value);
 *     emitter.on(name, listener);
 *     return () => emitter.off(name, listener);
 *   },
 * });
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
  /**
   * Called when all cases of the selection wait, and none has taken effect. Here the operation may ask another task for what it
   * waits for, which may use the slots of several cases.
   */
  armed?(): void;
}

/**
 * Completes a waiting case of a selection, with a value or an error.
 *
 * @example
 * // Completes a case when a promise of other code does.
 * function follow<T>(promise: Promise<T>, slot: Slot<T>): () => void {
 *   let over = false;
 *   promise.then(
 *     (value) => over || slot.wake(value),
 *     (error: unknown) => over || slot.fail(error),
 *   );
 *   return () => void (over = true);
 * }
 */
export type Slot<T> = Waker<T>;

/**
 * The result of a selection: the name of the case that took effect, and its value.
 *
 * @example
 * const show = ({ key, value }: SelectedCase): string => `${key}: ${String(value)}`;
 * show({ key: 'stop', value: undefined }); // 'stop: undefined'
 */
export interface SelectedCase {
  readonly key: string;
  readonly value: unknown;
}

/**
 * Waits until one of several operations has taken effect; the others leave no trace. For `select` and similar functions, which
 * call it when no operation was possible at once.
 *
 * A checkpoint.
 *
 * @param keys the names of the cases.
 * @param operations the operations, in the same order.
 * @param nameError makes the error of the selection from the one of a case. Must not throw.
 * @throws {Cancelled} when the scope is cancelled: then none has taken effect.
 * @example
 * const never: Selectable<void> = { poll: () => undefined, arm: () => () => undefined };
 * const soon: Selectable<string> = {
 *   poll: () => undefined,
 *   arm(slot) {
 *     const timer = setTimeout(() => slot.wake('it is time'), 5);
 *     return () => clearTimeout(timer);
 *   },
 * };
 * const { key, value } = await waitForOne(
 *   ['never', 'soon'],
 *   [never, soon],
 *   (error) => error, // the error of a case, as the selection throws it
 *   currentCaller(),
 * ); // 'soon', 'it is time'
 */
export function waitForOne(
  keys: readonly string[],
  operations: readonly Selectable<unknown>[],
  nameError: (error: unknown, key: string) => unknown,
  caller: Caller,
): Promise<SelectedCase> {
  const wait = new SelectionWait(callerNode(caller), keys, nameError);
  wait.task.countCheckpoint();
  wait.arm(keys, operations);
  wait.abortIfCancelled();
  return wait.promise;
}

class SelectionWait extends Wait<SelectedCase> {
  private readonly nameError: (error: unknown, key: string) => unknown;
  /** The cases that wait; empty as soon as one of them has been served. */
  private slots: CaseSlot[] = [];

  constructor(node: CancelNode, keys: readonly string[], nameError: (error: unknown, key: string) => unknown) {
    let what = 'one of';
    for (let index = 0; index < keys.length; index++) what += `${index === 0 ? ' ' : ', '}${keys[index]}`;
    super(node, what, true);
    this.nameError = nameError;
  }

  arm(keys: readonly string[], operations: readonly Selectable<unknown>[]): void {
    for (let index = 0; index < operations.length; index++) {
      const slot = new CaseSlot(this, keys[index]!);
      try {
        slot.disarm = operations[index]!.arm(slot);
      } catch (error) {
        this.failed(slot, error);
      }
      if (!this.settled) {
        this.slots.push(slot);
        continue;
      }
      // It has taken effect while it was armed, or the scope has been cancelled meanwhile.
      this.slots = [slot];
      return this.report(this.disarmAll());
    }
    for (let index = 0; index < operations.length && !this.settled; index++) {
      const slot = this.slots[index]!;
      try {
        operations[index]!.armed?.();
      } catch (error) {
        this.failed(slot, error);
      }
    }
  }

  /** A case has thrown: that is an error of the selection, unless a case has taken effect already. */
  private failed(slot: CaseSlot, error: unknown): void {
    if (this.settled) this.report({ error });
    else slot.fail(error);
  }

  serve(key: string, value: unknown): void {
    const failure = this.disarmAll();
    this.wake({ key, value });
    this.report(failure);
  }

  giveUp(key: string, error: unknown): void {
    const failure = this.disarmAll();
    this.fail(this.nameError(error, key));
    this.report(failure);
  }

  /** Ends the waiting of all cases. Returns what one of them has thrown, which must not keep the selection from going on. */
  private disarmAll(): { readonly error: unknown } | undefined {
    const { slots } = this;
    this.slots = NONE;
    let failure: { readonly error: unknown } | undefined;
    for (const { disarm } of slots) {
      try {
        disarm?.();
      } catch (error) {
        failure ??= { error };
      }
    }
    return failure;
  }

  private report(failure: { readonly error: unknown } | undefined): void {
    if (failure === undefined) return;
    const text = `a case of '${String(this.what)}' threw when it was withdrawn`;
    this.node.run.crash(new InternalError(text, { cause: failure.error }));
  }

  protected override withdraw(): AbortOutcome {
    const failure = this.disarmAll();
    if (failure !== undefined) throw failure.error;
    return 'succeeded';
  }
}

const NONE = Object.freeze([]) as unknown as CaseSlot[];

/** One case of a selection that waits. */
class CaseSlot implements Slot<unknown> {
  private readonly selection: SelectionWait;
  private readonly key: string;
  /** Ends the wait of the case. */
  disarm: (() => void) | undefined = undefined;

  constructor(selection: SelectionWait, key: string) {
    this.selection = selection;
    this.key = key;
  }

  get task(): Task {
    return this.selection.task;
  }

  wake(value: unknown): void {
    this.selection.serve(this.key, value);
  }

  fail(error: unknown): void {
    this.selection.giveUp(this.key, error);
  }
}
