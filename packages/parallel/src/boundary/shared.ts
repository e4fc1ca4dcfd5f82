/**
 * The state that all copies of this package in a thread share: a bundle may hold one copy for the program of the worker, and
 * another one in the module with the jobs.
 */
export function sharedBetweenCopies<T>(name: string, make: () => T): T {
  const key = Symbol.for(`@tercet/parallel/${name}@1`);
  return ((globalThis as Record<symbol, unknown>)[key] ??= make()) as T;
}
