import type { CancelNode } from '../cancellation/cancel-node.ts';
import { makeCancelled } from '../errors/cancelled.ts';
import { findNode, outsideOfRun } from '../frames/frames.ts';
import { currentCaller } from './caller.ts';

/**
 * Lets other tasks go on, then looks whether the surrounding scope is cancelled.
 *
 * Costs about as much as awaiting a promise. A deadline that has passed is always noticed.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {StateError} outside of a run.
 * @example
 * for (const row of rows) { process(row); await checkpoint(); }
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
 * Looks whether the surrounding scope is cancelled. Otherwise it lets nobody go on, unless the event loop has been kept
 * from turning for too long.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {StateError} outside of a run.
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
 */
export function cancelShieldedCheckpoint(): Promise<void> {
  return ready(undefined, 'cancelShieldedCheckpoint()');
}

/**
 * The first half of an operation's checkpoint: what it returns when its scope is cancelled, before it has any effect.
 * Synchronous, so that the operation can go on in the same step.
 *
 * @returns a promise rejected with `Cancelled`, to be returned; `undefined` when not cancelled.
 * @throws {StateError} outside of a run, by the promise.
 */
export function rejectIfCancelled(operation: string): Promise<never> | undefined {
  return currentCaller().refuse(operation);
}

/**
 * The first half of the checkpoint of an operation that may run for long without any other one: it looks at the clock, too,
 * as `checkpoint()` does.
 */
export function rejectIfLate(operation: string): Promise<never> | undefined {
  const run = findNode()?.run;
  if (run !== undefined && run.deadlines.size > 0) run.deadlines.expire(run.clock.now());
  return rejectIfCancelled(operation);
}

/**
 * The second half of an operation's checkpoint: what it returns when it could be done at once. Other tasks go on first,
 * and a success never turns into `Cancelled`.
 *
 * @throws {StateError} outside of a run, by the promise.
 */
export function ready<T>(value: T, operation: string): Promise<T> {
  const node = findNode();
  if (node === undefined) return Promise.reject(outsideOfRun(operation));
  return node.ready(value);
}

/**
 * What an operation returns that fails at once: a rejected promise. Use it in place of `Promise.reject`, and of a `throw`
 * in an async function, wherever the error does not follow a wait: a loop that catches such errors and tries again would
 * otherwise keep the event loop from turning, and no deadline, socket or signal would be served.
 *
 * Not a checkpoint. Outside of a run, it is `Promise.reject`.
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
