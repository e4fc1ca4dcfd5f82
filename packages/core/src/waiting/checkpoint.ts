import type { CancelNode } from '../cancellation/cancel-node.ts';
import { makeCancelled } from '../errors/cancelled.ts';
import { findNode, outsideOfRun } from '../running/frames.ts';
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
  return (run.turn.isSpent() ? run.turn.next(node) : node.yielded).then(throwIfCancelled);
}

function throwIfCancelled(node: CancelNode): void {
  if (node.effective) throw makeCancelled(node.cause);
}

/**
 * Looks whether the surrounding scope is cancelled, and lets nobody go on otherwise.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {StateError} outside of a run.
 */
export async function checkpointIfCancelled(): Promise<void> {
  const cancelled = rejectIfCancelled('checkpointIfCancelled()');
  if (cancelled !== undefined) await cancelled;
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
