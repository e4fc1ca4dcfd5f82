import { ExceptionGroup } from '../errors/exception-group.ts';
import { rejected, rejectIfLate } from '../waiting/checkpoint.ts';
import type { Results } from './all.ts';
import { compete } from './compete.ts';
import { endedFromInside } from './ended-from-inside.ts';
import { requireFunctions } from './require-functions.ts';

/**
 * Runs functions side by side until the first one has ended, with a value or an error; the others are cancelled and
 * waited for.
 *
 * Only one value is returned. A loser may succeed before the cancellation reaches it. Then its value is dropped, although its
 * work is done, and an item that it has received is lost. To take one item from several channels, use `select` of
 * `@tercet/sync`, which lets exactly one operation take effect.
 *
 * A checkpoint. If the scope is cancelled already, no function is called.
 *
 * @returns the value of the first function that ends.
 * @throws the error of the first function that ends, as it is. If others fail while they are being cancelled, also by the
 * surrounding scope, it is an `ExceptionGroup` of all errors, in the order in which they happened.
 * @throws {RangeError} when there is no function. @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {StateError} outside of a run.
 * @example
 * const page = await race([() => fetchFrom(mirrorA), () => fetchFrom(mirrorB)]);
 */
export function race<const T extends readonly (() => unknown)[]>(fns: T): Promise<Results<T>[number]> {
  try {
    requireFunctions('race', fns, 1);
    return (rejectIfLate('race()') ?? runRace(fns)) as Promise<Results<T>[number]>;
  } catch (error) {
    return rejected(error);
  }
}

async function runRace(fns: readonly (() => unknown)[]): Promise<unknown> {
  const { winner, failures, thrown } = await compete('race()', fns, 'first end');
  const errors = failures.map(({ error }) => error);
  if (thrown !== undefined) {
    if (errors.length === 0) throw thrown.error;
    errors.push(thrown.error);
  }
  if (errors.length > 1 || (errors.length === 1 && winner !== undefined)) {
    throw new ExceptionGroup('race(): functions failed, some of them while they were being cancelled', errors);
  }
  if (errors.length === 1) throw errors[0];
  if (winner === undefined) throw endedFromInside('race()');
  return winner.value;
}
