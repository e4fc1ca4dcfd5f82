import type { CancelNode } from '../cancellation/cancel-node.ts';
import { makeCancelled } from '../errors/cancelled.ts';
import { findNode, outsideOfRun } from '../frames/frames.ts';
import { currentCaller } from './caller.ts';

/**
 * Lets other tasks go on, then checks whether the surrounding scope is cancelled.
 *
 * Costs about as much as awaiting a promise. It always notices a deadline that has passed.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {StateError} outside of a run.
 * @example
 * const squares: number[] = [];
 * for (let n = 0; n < 1000; n++) {
 *   squares.push(n * n);
 *   await checkpoint(); // other tasks go on, and a cancellation takes effect
 * }
 */
export function checkpoint(): Promise<void> {
  const node = findNode();
  if (node === undefined) return Promise.reject(outsideOfRun('checkpoint()'));
  node.task.countCheckpoint();
  const { run } = node;
  if (run.deadlines.size > 0) run.deadlines.expire(run.clock.now());
  if (node.effective) return node.refuseCancelled();
  return (run.slice.isSpent() ? run.slice.next(node) : node.yielded).then(throwIfCancelled);
}

function throwIfCancelled(node: CancelNode): void {
  if (node.effective) throw makeCancelled(node.cause);
}

/**
 * Checks whether the surrounding scope is cancelled. Other tasks do not go on, unless the event loop has been blocked for too
 * long.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {StateError} outside of a run.
 * @example
 * await checkpointIfCancelled(); // throws here, or goes on in the same step
 * begin();
 */
export function checkpointIfCancelled(): Promise<void> {
  const node = findNode();
  if (node === undefined) return Promise.reject(outsideOfRun('checkpointIfCancelled()'));
  return node.refuse('checkpointIfCancelled()') ?? node.run.slice.passed();
}

/**
 * Lets other tasks go on, and never throws `Cancelled`.
 *
 * @throws {StateError} outside of a run.
 * @example
 * for (const entry of entries) {
 *   index(entry);
 *   await cancelShieldedCheckpoint(); // lets others go on, and cannot be cancelled
 * }
 */
export function cancelShieldedCheckpoint(): Promise<void> {
  return ready(undefined, 'cancelShieldedCheckpoint()');
}

/**
 * The first half of an operation's checkpoint: the operation calls it before it has any effect, and returns its result if
 * there is one. Synchronous, so that the operation can go on in the same step.
 *
 * @returns a promise rejected with `Cancelled`, or with a `StateError` outside of a run; `undefined` when the operation may go
 * on.
 * @example
 * const rejection = rejectIfCancelled('take()');
 * if (rejection !== undefined) return rejection;
 */
export function rejectIfCancelled(operation: string): Promise<never> | undefined {
  return currentCaller().refuse(operation);
}

/**
 * The first half of the checkpoint of an operation that may run for long without another checkpoint. It also notices a deadline
 * that has passed, as `checkpoint()` does.
 */
export function rejectIfLate(operation: string): Promise<never> | undefined {
  const run = findNode()?.run;
  if (run !== undefined && run.deadlines.size > 0) run.deadlines.expire(run.clock.now());
  return rejectIfCancelled(operation);
}

/**
 * The second half of an operation's checkpoint: the operation returns its result when it could be done at once. Other tasks go
 * on first, and a success never turns into `Cancelled`.
 *
 * @throws {StateError} outside of a run, by the promise.
 * @example
 * class Counter {
 *   #value = 0;
 *   // Counts. A checkpoint.
 *   async next(): Promise<number> {
 *     await checkpointIfCancelled();
 *     return await ready(++this.#value, 'Counter.next()');
 *   }
 * }
 * await new Counter().next(); // 1
 */
export function ready<T>(value: T, operation: string): Promise<T> {
  const node = findNode();
  if (node === undefined) return Promise.reject(outsideOfRun(operation));
  return node.ready(value);
}

/**
 * A rejected promise for an operation that fails at once. Use it in place of `Promise.reject`, and of a `throw` in an async
 * function, wherever the error does not follow a wait. Otherwise a loop that catches such errors and tries again would block
 * the event loop, and no deadline, socket or signal would be served.
 *
 * Not a checkpoint. Outside of a run it is the same as `Promise.reject`.
 *
 * @example
 * receive() {
 *   if (this.closed) return rejected(new ClosedResourceError('receive(): the channel is closed'));
 *   …
 * }
 */
export function rejected(error: unknown): Promise<never> {
  const run = findNode()?.run;
  return run === undefined ? Promise.reject(error) : run.slice.reject(error);
}
