import { openNursery } from '../tasks/open-nursery.ts';
import { requireFunctions } from './require-functions.ts';

/** The results of functions, in their order. */
export type Results<T extends readonly (() => unknown)[]> = { -readonly [K in keyof T]: Awaited<ReturnType<T[K]>> };

/**
 * Runs functions side by side and waits for all of them: `Promise.all` with a nursery around it. When one fails, the
 * others are cancelled and waited for.
 *
 * A checkpoint.
 *
 * @returns their values, in the order of the functions.
 * @throws {ExceptionGroup} with the errors of those that failed.
 * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
 * @example
 * const [user, orders] = await all([() => loadUser(id), () => loadOrders(id)]);
 */
export async function all<const T extends readonly (() => unknown)[]>(fns: T): Promise<Results<T>> {
  requireFunctions('all', fns);
  const results: unknown[] = new Array(fns.length);
  const collect = async (fn: () => unknown, index: number): Promise<void> => {
    results[index] = await fn();
  };
  await openNursery((nursery) => {
    fns.forEach((fn, index) => nursery.startSoon(collect, fn, index));
  });
  return results as Results<T>;
}
