import { absorb } from '../errors/absorb.ts';
import { makeCancelled } from '../errors/cancelled.ts';
import { nameForeignIn } from '../foreign/foreign-cancelled.ts';
import { isThenable } from '../foreign/foreign-result.ts';
import { callInFrame } from '../frames/frames.ts';
import type { NurseryNode } from './nursery-node.ts';
import type { Task } from './task.ts';
import type { TaskNode } from './task-node.ts';

/** Decides what becomes of the error of a child: it returns when the error is handled, and throws the error of the child. */
export type ErrorHandler = (error: unknown, task: Task) => void;

/**
 * Asks the handler of a nursery about the error of a child that has ended. The handler runs in the context of the code that
 * opened the nursery, since the child is over.
 *
 * @returns the errors that are left: none when the handler has handled all there was.
 */
export function errorsAfter(handler: ErrorHandler, nursery: NurseryNode, child: TaskNode): unknown[] {
  const { caught, remains, error } = absorb(child.outcome);
  if (!remains) return [child.outcome];
  // A Cancelled beside the failure is on its way to an outer scope, which has to get it.
  const others = caught ? [makeCancelled(child.cause)] : [];
  try {
    const result: unknown = callInFrame(nursery, (task) => handler(error, task), child);
    if (!isThenable(result)) return others;
    throw new TypeError(
      'onError() has returned a promise, but decides at once; start a task for work that takes time',
      {
        cause: error,
      },
    );
  } catch (thrown) {
    return [nameForeignIn(nursery, thrown, 'onError of a nursery'), ...others];
  }
}
