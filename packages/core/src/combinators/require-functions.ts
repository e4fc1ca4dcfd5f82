import { requireFunction } from '../tasks/require-function.ts';

/** @throws {TypeError} when it is no array of functions. */
export function requireFunctions(operation: string, fns: unknown): void {
  if (!Array.isArray(fns))
    throw new TypeError(`${operation}() takes an array of functions: ${operation}([a, () => b(1)])`);
  for (const fn of fns) requireFunction(operation, fn);
}
