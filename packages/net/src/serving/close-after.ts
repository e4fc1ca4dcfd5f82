import { ExceptionGroup, isOnlyCancelled } from '@tercet/core';

/**
 * Runs `body` and then `close`, also when `body` has failed: `finally`, in which the error of `close` does not hide that of
 * `body`. That matters for `Cancelled`, which `close` throws whenever the surrounding scope is cancelled.
 *
 * @throws the error of one of them; of two only what is not `Cancelled`, both in a group when neither is.
 */
export async function closeAfter<T>(body: () => Promise<T>, close: () => Promise<unknown>): Promise<T> {
  const value = await closeOnFailure(body, close);
  await close();
  return value;
}

/** Runs `body`, and `close` only when that has failed. @throws as `closeAfter` does. */
export async function closeOnFailure<T>(body: () => Promise<T>, close: () => Promise<unknown>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const [closing] = await Promise.allSettled([close()]);
    if (closing.status === 'fulfilled' || isOnlyCancelled(closing.reason)) throw error;
    if (isOnlyCancelled(error)) throw closing.reason;
    throw new ExceptionGroup('an error, and another one while closing', [error, closing.reason]);
  }
}
