import { openNursery } from '../tasks/open-nursery.ts';
import { rejected, rejectIfLate } from '../waiting/checkpoint.ts';
import { endedFromInside } from './ended-from-inside.ts';
import { requireFunctions } from './require-functions.ts';

/**
 * The types of the results of functions, in their order.
 *
 * @example
 * // `all` with a time limit.
 * async function allWithin<const T extends readonly (() => unknown)[]>(limit: Duration, work: T): Promise<Results<T>> {
 *   return await failAfter(limit, () => all(work));
 * }
 * const [user, orders] = await allWithin({ seconds: 2 }, [() => Promise.resolve('ann'), () => [1, 2]]);
 * // string, number[]
 */
export type Results<T extends readonly (() => unknown)[]> = { -readonly [K in keyof T]: Awaited<ReturnType<T[K]>> };

/**
 * Runs functions side by side and waits for all of them: `Promise.all` in a nursery. When one fails, the others are cancelled
 * and waited for.
 *
 * A checkpoint. If the scope is cancelled already, no function is called.
 *
 * @returns their values, in the order of the functions.
 * @throws {ExceptionGroup} with the errors of those that failed.
 * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
 * @example
 * const [user, orders] = await all([() => loadUser(id), () => loadOrders(id)]);
 */
export function all<const T extends readonly (() => unknown)[]>(fns: T): Promise<Results<T>> {
  try {
    requireFunctions('all', fns);
    return (rejectIfLate('all()') ?? runAll(fns)) as Promise<Results<T>>;
  } catch (error) {
    return rejected(error);
  }
}

async function runAll(fns: readonly (() => unknown)[]): Promise<unknown[]> {
  const results: unknown[] = new Array(fns.length);
  let done = 0;
  const collect = async (fn: () => unknown, index: number): Promise<void> => {
    results[index] = await fn();
    done++;
  };
  await openNursery((nursery) => {
    fns.forEach((fn, index) => nursery.startSoon(collect, fn, index));
  });
  if (done < fns.length) throw endedFromInside('all()');
  return results;
}
