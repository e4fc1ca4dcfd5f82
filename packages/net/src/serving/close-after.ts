import { ExceptionGroup, isOnlyCancelled } from '@tercet/core';

/**
 * Runs `body` and then `close`, also when `body` has failed: `finally`, in which the error of `close` does not hide that of
 * `body`. That matters for `Cancelled`, which `close` throws whenever the surrounding scope is cancelled.
 *
 * @throws the error of one of them; of two only what is not `Cancelled`, both in a group when neither is.
 */
export async function closeAfter<T>(body: () => Promise<T>, close: () => Promise<unknown>): Promise<T> {
  let value: T;
  try {
    value = await body();
  } catch (error) {
    const closing = await errorOf(close);
    if (closing === undefined || isOnlyCancelled(closing.error)) throw error;
    if (isOnlyCancelled(error)) throw closing.error;
    throw new ExceptionGroup('an error, and another one while closing', [error, closing.error]);
  }
  await close();
  return value;
}

async function errorOf(fn: () => Promise<unknown>): Promise<{ readonly error: unknown } | undefined> {
  try {
    await fn();
    return undefined;
    // oxlint-disable-next-line @tercet/no-swallowed-cancel -- the caller throws it
  } catch (error) {
    return { error };
  }
}
