import { requireFunction } from '../foreign/require-function.ts';

/** @throws {TypeError} when it is not an array of functions. @throws {RangeError} when there are fewer than `least`. */
export function requireFunctions(operation: string, fns: unknown, least: 0 | 1 = 0): void {
  if (!Array.isArray(fns)) {
    throw new TypeError(`${operation}() takes an array of functions: ${operation}([a, () => b(1)])`);
  }
  if (fns.length < least) throw new RangeError(`${operation}(): there is no function, so none could ever end it`);
  for (const fn of fns) requireFunction(operation, fn);
}
