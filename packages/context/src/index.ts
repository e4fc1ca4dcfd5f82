/**
 * Task-local storage: variables whose values travel from task to task.
 *
 * @packageDocumentation
 */

export { ContextVar, crossingVariables } from './context-var.ts';
export type { Token } from './context-var.ts';
export { Context, copyContext } from './context.ts';
