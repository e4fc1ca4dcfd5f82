import { absorb } from '../cancellation/absorb.ts';
import { ExceptionGroup } from '../errors/exception-group.ts';
import { openNursery } from '../tasks/open-nursery.ts';
import { requireFunctions } from './require-functions.ts';

/**
 * Runs functions side by side until the first one succeeds; the others are cancelled and waited for.
 *
 * A checkpoint.
 *
 * @returns the value of the first that succeeds.
 * @throws {ExceptionGroup} with all errors, in the order of the functions, when every one fails.
 * @throws {RangeError} when there is no function. @throws {Cancelled} when the surrounding scope is cancelled.
 * @example
 * const connection = await any(addresses.map((address) => () => connect(address)));
 */
export async function any<T>(fns: readonly (() => T | PromiseLike<T>)[]): Promise<T> {
  requireFunctions('any', fns, 1);
  let winner: { value: T } | undefined;
  const errors: unknown[] = new Array(fns.length);
  await openNursery((nursery) => {
    fns.forEach((fn, index) => {
      nursery.startSoon(async () => {
        try {
          const value = await fn();
          winner ??= { value };
          nursery.cancelScope.cancel('another function has succeeded');
        } catch (error) {
          // Cancelled has to reach the nursery; a failure only counts when nobody succeeds.
          if (absorb(error).caught) throw error;
          errors[index] = error;
        }
      });
    });
  });
  if (winner === undefined) throw new ExceptionGroup('any(): every function has failed', errors);
  return winner.value;
}
