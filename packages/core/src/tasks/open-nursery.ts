import { callIn } from '../cancellation/call-in.ts';
import { currentNode } from '../frames/frames.ts';
import { rejected } from '../waiting/checkpoint.ts';
import { NurseryNode } from './nursery-node.ts';
import type { Nursery } from './nursery.ts';
import type { Task } from './task.ts';
import { requireFunction } from '../foreign/require-function.ts';

/**
 * For {@link openNursery}.
 *
 * @example
 * const failed: string[] = [];
 * await openNursery(
 *   (nursery) => {
 *     nursery.startSoon(() => Promise.reject(new Error('no answer')));
 *     nursery.startSoon(() => sleep(5)); // goes on
 *   },
 *   { onError: (error, task) => failed.push(`${task.name}: ${error}`) },
 * );
 */
export interface NurseryOptions {
  /**
   * Called when a child task has failed, with its error. When it returns, the error is handled: the other tasks go on, and
   * the nursery does not throw it. When it throws, what it throws is the error of the child.
   *
   * It is not called for `Cancelled`, nor for errors of the body. It runs synchronously, when the task has ended, in the
   * context of the code that opened the nursery; it may start tasks in the nursery. It must not return a promise.
   */
  readonly onError?: (error: unknown, task: Task) => void;
}

/**
 * Opens a nursery, also called a task group, runs `body` in it, and waits until the body and all tasks that were started in it
 * have ended.
 *
 * When one of them fails, all the others are cancelled and waited for, and the errors are thrown together. Returning from the
 * body does not cancel anything: call `nursery.cancelScope.cancel()` for that.
 *
 * Leaving it lets other tasks go on, but is not a cancellation point: the tasks in it have their own.
 *
 * @returns the body's value; `undefined` when a cancellation of `nursery.cancelScope` ended the body.
 * @throws {ExceptionGroup} with the errors of the body and of the tasks, even if there is only one. A `Cancelled` from
 * elsewhere, for instance from a promise that several tasks await, is a `StateError` in the group.
 * @throws {StateError} outside of a run. @throws {TypeError} when `body` or `onError` is not a function.
 * @example
 * await openNursery(async (nursery) => {
 *   nursery.startSoon(sleep, 1000);
 *   nursery.startSoon(sleep, 1000);
 * }); // after one second
 * @example
 * // A failing job does not end the others.
 * await openNursery(runJobs, { onError: (error, task) => console.error(`${task.name} failed:`, error) });
 */
export function openNursery<T>(
  body: (nursery: Nursery) => T | PromiseLike<T>,
  options?: NurseryOptions,
): Promise<T | undefined> {
  try {
    requireFunction('openNursery', body);
    const onError = options?.onError;
    if (onError !== undefined) requireFunction('onError', onError);
    const node = new NurseryNode(currentNode('openNursery()'));
    node.onError = onError;
    return runInNursery(node, body);
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
