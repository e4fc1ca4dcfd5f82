import { absorb } from '../errors/absorb.ts';
import { ExceptionGroup } from '../errors/exception-group.ts';
import { rejected, rejectIfLate } from '../waiting/checkpoint.ts';
import type { Results } from './all.ts';
import { compete } from './compete.ts';
import { endedFromInside } from './ended-from-inside.ts';
import { requireFunctions } from './require-functions.ts';

/**
 * Runs functions side by side until the first one succeeds; the others are cancelled and waited for.
 *
 * Only one value is returned. Another function may succeed before the cancellation reaches it. Then its value is dropped,
 * although its work is done, so a resource that it has opened stays open. `select` of `@tercet/sync` lets exactly one of
 * several operations take effect.
 *
 * A checkpoint. If the scope is cancelled already, no function is called.
 *
 * @returns the value of the first function that succeeds.
 * @throws {ExceptionGroup} with all errors, in the order of the functions, when each of them fails. If the surrounding scope is
 * cancelled after some have failed and before one has succeeded, with their errors and the `Cancelled`.
 * @throws {RangeError} when there is no function. @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {StateError} outside of a run.
 * @example
 * const addresses = ['127.0.0.1', '::1'];
 * const reply = await any(addresses.map((address) => () => connect(address))); // that of the fastest
 */
export function any<const T extends readonly (() => unknown)[]>(fns: T): Promise<Results<T>[number]> {
  try {
    requireFunctions('any', fns, 1);
    return (rejectIfLate('any()') ?? runAny(fns)) as Promise<Results<T>[number]>;
  } catch (error) {
    return rejected(error);
  }
}

async function runAny(fns: readonly (() => unknown)[]): Promise<unknown> {
  const { winner, failures, thrown } = await compete('any()', fns, 'first success');
  const errors = [...failures].sort((a, b) => a.index - b.index).map(({ error }) => error);
  // When one has succeeded, what others throw while they are cancelled does not matter, even in a group with their Cancelled.
  if (thrown !== undefined && (winner === undefined || absorb(thrown.error).caught)) {
    if (winner !== undefined || errors.length === 0) throw thrown.error;
    throw new ExceptionGroup('any(): cancelled after functions had failed', [...errors, thrown.error]);
  }
  if (winner !== undefined) return winner.value;
  if (errors.length < fns.length) throw endedFromInside('any()');
  throw new ExceptionGroup('any(): every function has failed', errors);
}
