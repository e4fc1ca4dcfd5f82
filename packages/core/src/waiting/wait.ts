import { InternalError } from '../errors/tercet-error.ts';
import { EXITED } from '../errors/cancelled.ts';
import { textOf } from '../foreign/text-of.ts';
import { noteSite } from '../probes/sites.ts';
import type { CancelNode } from '../cancellation/cancel-node.ts';
import type { Task } from '../tasks/task.ts';
import { addWait, removeWait } from './wait-list.ts';

/**
 * Wakes a suspended operation, exactly once, with a value or an error.
 *
 * @example
 * const waiting: Waker<string>[] = [];
 * await openNursery(async (nursery) => {
 *   nursery.startSoon(() =>
 *     suspend<string>('an answer', (waker) => {
 *       waiting.push(waker);
 *       return () => 'succeeded';
 *     }),
 *   );
 *   await sleep(5);
 *   waiting[0]?.wake('yes'); // `suspend` returns it
 * });
 */
export interface Waker<T> {
  /** The task that waits. */
  readonly task: Task;
  /** Lets the operation return `value`. @throws {InternalError} when it has been woken before. */
  wake(value: T): void;
  /** Lets the operation throw `error`. @throws {InternalError} when it has been woken before. */
  fail(error: unknown): void;
}

/**
 * Describes a wait whose text changes meanwhile: it is asked for the text each time the task tree is shown.
 *
 * @example
 * let received = 0;
 * const progress: Description = { toString: () => `the rest of the file, after ${received} bytes` };
 * await moveOnAfter(5, () => suspend(progress, () => () => 'succeeded'));
 */
export interface Description {
  toString(): string;
}

/**
 * The result of an abort function. `'succeeded'`: the waker is disconnected and will not be used any more, and the operation
 * throws `Cancelled`. `'failed'`: the operation cannot be stopped now, and the waker will be used later.
 *
 * @example
 * // A write that has begun cannot be stopped: the wait goes on until it has ended, and its outcome counts.
 * const abortWrite = (begun: boolean): AbortOutcome => (begun ? 'failed' : 'succeeded');
 */
export type AbortOutcome = 'succeeded' | 'failed';

// All promises of waits share this executor. It stores the resolvers in two variables that are read at once, so that a wait
// needs no closure.
let resolver: (value: never) => void;
let rejecter: (error: unknown) => void;
const takeResolvers = (resolve: (value: never) => void, reject: (error: unknown) => void): void => {
  resolver = resolve;
  rejecter = reject;
};

const ignore = (): void => undefined;

type Settle = (value: unknown) => void;

/**
 * An operation that waits: its waker, and its entry in its node's list of waits.
 *
 * Entering and leaving a wait is the hottest path of the framework. It allocates this object and a promise. A cancel touches
 * each wait once: the wait leaves its node's list before `withdraw` is called, and does not come back.
 */
export abstract class Wait<T = unknown> implements Waker<T> {
  readonly node: CancelNode;
  /** Its name in the task tree. */
  readonly what: string | Description;
  /** When it began, on the run's clock, about to the millisecond. */
  readonly since: number;
  readonly promise: Promise<T>;
  private readonly resolve: (value: T) => void;
  private readonly reject: (error: unknown) => void;
  /** True once it has been woken or failed. */
  settled = false;

  /** Whether it is in its node's list of waits, and its neighbours there. */
  listed = false;
  previous: Wait<never> | undefined = undefined;
  next: Wait<never> | undefined = undefined;

  /** @param cancellable whether a cancel of the node aborts it. */
  constructor(node: CancelNode, what: string | Description, cancellable: boolean) {
    this.node = node;
    this.what = what;
    this.since = node.run.coarseNow;
    noteSite(this, Wait);
    this.promise = new Promise<T>(takeResolvers as never);
    this.resolve = resolver as (value: T) => void;
    this.reject = rejecter;
    if (cancellable) addWait(node, this as unknown as Wait<never>);
    node.task.waitBegins(this as unknown as Wait<never>);
  }

  get task(): CancelNode['task'] {
    return this.node.task;
  }

  /** Disconnects it from the code that would wake it. */
  protected abstract withdraw(): AbortOutcome;

  wake(value: T): void {
    this.end();
    this.handOn(this.resolve as Settle, value);
  }

  fail(error: unknown): void {
    this.end();
    this.handOn(this.reject, error);
  }

  // Each task that is woken passes here.
  private handOn(settle: Settle, value: unknown): void {
    const { slice } = this.node.run;
    if (slice.isSpent()) slice.defer(settle, value, this);
    else settle(value);
  }

  /** A wait that begins in a cancelled scope is aborted right away. */
  abortIfCancelled(): void {
    if (!this.node.effective || !this.listed) return;
    this.task.comesBackCancelled(this.node);
    this.abort(true);
  }

  /**
   * Called once, synchronously, when its node has become cancelled.
   *
   * @param justBegun whether it began in a cancelled scope. A task that does this in a loop has to let others go on.
   */
  abort(justBegun = false): void {
    removeWait(this.node, this as unknown as Wait<never>);
    let outcome: AbortOutcome;
    try {
      outcome = this.withdraw();
    } catch (error) {
      return this.abortFailed('threw an error', { cause: error });
    }
    if (outcome === 'succeeded') {
      if (!this.settled) this.failCancelled(justBegun);
    } else if (outcome !== 'failed') {
      this.abortFailed(`must return 'succeeded' or 'failed', not ${String(outcome)}`);
    }
  }

  // The promise may not be awaited yet, or not any more. That must not count as an unhandled rejection: nothing is lost, since
  // the next checkpoint of the scope throws again.
  private failCancelled(justBegun: boolean): void {
    this.promise.catch(ignore);
    const error = (this.node.cause ?? EXITED).makeForWait();
    this.end();
    const { slice } = this.node.run;
    if (!justBegun && !slice.isOrdered) this.reject(error);
    else if (this.task.spins) slice.defer(this.reject, error, this);
    else this.handOn(this.reject, error);
  }

  private abortFailed(how: string, options?: ErrorOptions): void {
    const error = new InternalError(`the abort function of '${textOf(this.what)}' ${how}`, options);
    this.node.run.crash(error);
    if (!this.settled) this.fail(error);
  }

  private end(): void {
    if (this.settled) throw new InternalError(`'${textOf(this.what)}' of task ${this.task.name} was woken twice`);
    this.settled = true;
    if (this.listed) removeWait(this.node, this as unknown as Wait<never>);
    this.task.waitEnds(this as unknown as Wait<never>);
  }
}
