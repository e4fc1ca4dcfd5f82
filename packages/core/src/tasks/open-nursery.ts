import { callIn } from '../cancellation/call-in.ts';
import { currentNode } from '../frames/frames.ts';
import { rejected } from '../waiting/checkpoint.ts';
import { NurseryNode } from './nursery-node.ts';
import type { Nursery } from './nursery.ts';
import { requireFunction } from '../foreign/require-function.ts';

/**
 * Opens a nursery, runs `body` in it, and waits until the body and all tasks that were started in it have ended.
 *
 * When one of them fails, all the others are cancelled, waited for, and the errors come out together. Returning from the
 * body does not cancel anything: cancel `nursery.cancelScope` for that.
 *
 * Leaving it lets other tasks go on, but is not a point of cancellation itself: its tasks are.
 *
 * @returns the body's value; `undefined` when `nursery.cancelScope` was cancelled and ended the body.
 * @throws {ExceptionGroup} with the errors of the body and of the tasks, also when it is only one. A `Cancelled` that
 * reaches the nursery though nothing has cancelled it, through a shared promise for instance, is a `StateError` in it.
 * @throws {StateError} outside of a run.
 * @example
 * await openNursery(async (nursery) => {
 *   nursery.startSoon(sleep, 1000);
 *   nursery.startSoon(sleep, 1000);
 * }); // after one second
 */
export function openNursery<T>(body: (nursery: Nursery) => T | PromiseLike<T>): Promise<T | undefined> {
  try {
    requireFunction('openNursery', body);
    return runInNursery(new NurseryNode(currentNode('openNursery()')), body);
  } catch (error) {
    return rejected(error);
  }
}

async function runInNursery<T>(
  node: NurseryNode,
  body: (nursery: Nursery) => T | PromiseLike<T>,
): Promise<T | undefined> {
  let value: T | undefined;
  try {
    value = await callIn(node, body, node.facade);
  } catch (error) {
    node.bodyThrew(error);
  }
  await node.join();
  const { failure } = node;
  if (failure !== undefined) node.filter(failure);
  return value;
}
