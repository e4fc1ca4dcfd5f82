import { currentLocalsHolder, findNode, frames } from './frames.ts';
import type { LocalsHolder } from './frames.ts';

/**
 * The task-local values that the calling code sees: one immutable value, which a task inherits from its spawner by reference.
 * `@tercet/context` defines what it is.
 *
 * @example
 * const seen = currentLocals();
 * await openNursery((nursery) => {
 *   nursery.startSoon(async () => currentLocals() === seen); // true: inherited by reference
 * });
 */
export function currentLocals(): unknown {
  return currentLocalsHolder().locals;
}

/**
 * Replaces the task-local values of the calling task, and of the tasks that it spawns from now on.
 *
 * @example
 * const before = currentLocals() as ReadonlyMap<string, unknown> | undefined;
 * setCurrentLocals(new Map([...(before ?? []), ['user', 'ann']])); // a new value, never a change of the old one
 */
export function setCurrentLocals(locals: unknown): void {
  currentLocalsHolder().locals = locals;
}

/**
 * Calls `fn`. It, and code after an `await` in it, sees and replaces the values of `holder` instead of those of the task. Also
 * works outside of a run.
 *
 * @example
 * const holder: LocalsHolder = { locals: 'of the request' };
 * await runWithLocals(holder, async () => {
 *   await sleep(1);
 *   return currentLocals(); // 'of the request'
 * });
 */
export function runWithLocals<R>(holder: LocalsHolder, fn: () => R): R {
  return frames.run({ node: findNode(), localsHolder: holder }, fn);
}
