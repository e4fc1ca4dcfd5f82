import type { CancelNode } from '../cancellation/cancel-node.ts';
import { findNode, outsideOfRun } from '../running/frames.ts';

/** A promise that is fulfilled already: awaiting it lets everything else that is ready go on first. */
export const resolved: Promise<void> = Promise.resolve();

const ignore = (): void => undefined;

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
  if (node.effective) return rejectCancelled(node);
  return (run.turn.isSpent() ? run.turn.next(node) : node.yielded).then(throwIfCancelled);
}

function throwIfCancelled(node: CancelNode): void {
  if (node.effective) throw node.cancelledError();
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
  const node = findNode();
  if (node === undefined) return Promise.reject(outsideOfRun(operation));
  node.task.cancelPoints++;
  return node.effective ? rejectCancelled(node) : undefined;
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
  node.task.schedulePoints++;
  const { turn } = node.run;
  if (turn.isSpent()) return turn.next(value);
  return value === undefined ? (resolved as Promise<T>) : Promise.resolve(value);
}

// A rejection that nobody awaits loses nothing here, the next checkpoint throws again: it must not end the process.
function rejectCancelled(node: CancelNode): Promise<never> {
  node.task.comesBackCancelled(node);
  const error = node.cancelledError();
  const promise = node.task.spins
    ? node.run.turn.next(undefined).then(() => Promise.reject(error))
    : Promise.reject(error);
  promise.catch(ignore);
  return promise as Promise<never>;
}
