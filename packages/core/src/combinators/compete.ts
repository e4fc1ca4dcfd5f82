import { absorb } from '../errors/absorb.ts';
import { nameForeignCancelled } from '../foreign/foreign-cancelled.ts';
import { openNursery } from '../tasks/open-nursery.ts';

/** The result of functions that compete, when all of them have ended. */
export interface Competition {
  /** The value that was first; `undefined` when there is none. */
  readonly winner: { readonly value: unknown } | undefined;
  /** The errors of the functions that failed, in the order in which they did. */
  readonly failures: readonly Failure[];
  /** The error of the nursery: `Cancelled` from outside, or a group with `Cancelled` in it. */
  readonly thrown: { readonly error: unknown } | undefined;
}

interface Failure {
  /** Which function it was. */
  readonly index: number;
  readonly error: unknown;
}

/**
 * Runs functions side by side until one of them decides the competition; the others are cancelled and waited for. The common
 * half of `race` and `any`.
 *
 * @param decision the event that decides it: the first function that ends in any way, or the first that succeeds.
 */
export async function compete(
  operation: string,
  fns: readonly (() => unknown)[],
  decision: 'first end' | 'first success',
): Promise<Competition> {
  const anyEndDecides = decision === 'first end';
  let winner: Competition['winner'];
  const failures: Failure[] = [];
  let thrown: Competition['thrown'];
  try {
    await openNursery((nursery) => {
      fns.forEach((fn, index) => {
        nursery.startSoon(async () => {
          try {
            const value = await fn();
            if (!anyEndDecides || failures.length === 0) winner ??= { value };
          } catch (problem) {
            const error = nameForeignCancelled(problem, `a function of ${operation}`);
            // Cancelled has to reach the nursery.
            if (absorb(error).caught) throw error;
            failures.push({ index, error });
            if (!anyEndDecides) return;
          }
          nursery.cancelScope.cancel(`another function of ${operation} has ${anyEndDecides ? 'ended' : 'succeeded'}`);
        });
      });
    });
  } catch (error) {
    thrown = { error };
  }
  return { winner, failures, thrown };
}
