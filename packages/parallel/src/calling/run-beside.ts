import { ExceptionGroup, isCancelled, isOnlyCancelled, openNursery, soleError } from '@tercet/core';
import type { Nursery } from '@tercet/core';

/** Tasks that work beside a call, in its caller's context, and end with it. */
export interface Companion {
  /** Starts the tasks. */
  start(nursery: Nursery): void;
  /** The call has returned: what has come until now is still told. */
  tellLatest(): void;
}

/** Runs a body beside which a companion works. */
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
    // The caller may have been cancelled, and companions with it, while the call ended in another way: that counts.
    if (outcome === undefined || !isOnlyCancelled(error)) throw withOutcome(error, outcome);
  }
  return valueOf(outcome!);
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

function valueOf<T>(outcome: Outcome<T>): T {
  if ('value' in outcome) return outcome.value;
  throw outcome.error;
}

/** A companion has failed: an `onProgress` that throws. */
function withOutcome(error: unknown, outcome: Outcome<unknown> | undefined): unknown {
  if (outcome === undefined || 'value' in outcome) return soleError(error);
  return new ExceptionGroup('errors of a call and what goes on beside it', [outcome.error, error]);
}
