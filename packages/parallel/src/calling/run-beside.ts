import { ExceptionGroup, isCancelled, isOnlyCancelled, openNursery, soleError } from '@tercet/core';
import type { Nursery } from '@tercet/core';

/** Tasks that work beside a call, in its caller's context, and end with it. */
export interface Companion {
  /** Starts the tasks. */
  start(nursery: Nursery): void;
  /** Called when the call has returned: delivers the latest report, if it has not been delivered. */
  tellLatest(): void;
}

/** Runs a body while a companion works beside it. */
export async function runBeside<T>(companion: Companion, body: () => Promise<T>): Promise<T> {
  let outcome: Outcome<T> | undefined;
  const beside = async (nursery: Nursery): Promise<void> => {
    companion.start(nursery);
    try {
      const value = await body();
      companion.tellLatest();
      outcome = { value };
    } catch (error) {
      if (isCancelled(error)) throw error;
      // Not wrapped: a call is not a nursery.
      outcome = { error };
    }
    nursery.cancelScope.cancel('the call has ended');
  };
  try {
    await openNursery(beside);
  } catch (error) {
    // A cancellation of the caller also cancels the companion. The outcome of a call that has ended otherwise still counts.
    if (outcome === undefined || !isOnlyCancelled(error)) throw withOutcome(error, outcome);
  }
  return valueOf(outcome!);
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

function valueOf<T>(outcome: Outcome<T>): T {
  if ('value' in outcome) return outcome.value;
  throw outcome.error;
}

/** Combines the error of a companion, such as an `onProgress` that throws, with the error of the call. */
function withOutcome(error: unknown, outcome: Outcome<unknown> | undefined): unknown {
  if (outcome === undefined || 'value' in outcome) return soleError(error);
  return new ExceptionGroup('errors of a call and what goes on beside it', [outcome.error, error]);
}
