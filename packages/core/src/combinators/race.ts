import { openNursery } from '../tasks/open-nursery.ts';
import { absorb } from '../cancellation/absorb.ts';
import { ExceptionGroup } from '../errors/exception-group.ts';
import { requireFunctions } from './require-functions.ts';

/**
 * Runs functions side by side until the first one has ended, with a value or an error; the others are cancelled and
 * waited for.
 *
 * A checkpoint.
 *
 * @returns the value of the first.
 * @throws the error of the first, as it is. Losers that fail while they are being cancelled add theirs: then it is an
 * `ExceptionGroup`, with the first one's error in front if it failed.
 * @throws {RangeError} when there is no function. @throws {Cancelled} when the surrounding scope is cancelled.
 * @example
 * const page = await race([() => fetchFrom(mirrorA), () => fetchFrom(mirrorB)]);
 */
export async function race<T>(fns: readonly (() => T | PromiseLike<T>)[]): Promise<T> {
  requireFunctions('race', fns, 1);
  let winner: { value: T } | undefined;
  const errors: unknown[] = [];
  await openNursery((nursery) => {
    for (const fn of fns) {
      nursery.startSoon(async () => {
        try {
          const value = await fn();
          if (errors.length === 0) winner ??= { value };
        } catch (error) {
          // Cancelled has to reach the nursery.
          if (absorb(error).caught) throw error;
          errors.push(error);
        }
        nursery.cancelScope.cancel('another function has won the race');
      });
    }
  });
  if (errors.length > 1 || (errors.length === 1 && winner !== undefined)) {
    throw new ExceptionGroup('race(): functions failed, some of them while they were being cancelled', errors);
  }
  if (winner === undefined) throw errors[0];
  return winner.value;
}
