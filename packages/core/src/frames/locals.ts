import { currentLocalsHolder, findNode, frames } from './frames.ts';
import type { LocalsHolder } from './frames.ts';

/**
 * The task-local values that the calling code sees: one immutable value, which a task inherits from its spawner by
 * reference. What it is made of is the business of `@tercet/context`.
 */
export function currentLocals(): unknown {
  return currentLocalsHolder().locals;
}

/** Replaces them, for the calling task, and for the tasks that it spawns from now on. */
export function setCurrentLocals(locals: unknown): void {
  currentLocalsHolder().locals = locals;
}

/**
 * Calls `fn`, and lets it, and all that it awaits, see and replace the values of `holder` instead of the task's. Works
 * outside of a run, too.
 */
export function runWithLocals<R>(holder: LocalsHolder, fn: () => R): R {
  return frames.run({ node: findNode(), localsHolder: holder }, fn);
}
