import type { ItemFunction, MapDescription } from '../describing/section.ts';
import { isOwnCancellation } from './failure.ts';
import { retrying } from './policies.ts';

/** The result of an item that `onError` has dropped. */
export const SKIPPED: unique symbol = Symbol('skipped');

/** The function of a `map` under its policies: it gives a value, or SKIPPED, or a promise for one of them. */
export function callOf({ fn, retry, onError }: MapDescription): ItemFunction {
  const call = retry === undefined ? fn : retrying(fn, retry);
  if (onError === undefined) return call;
  return async (item) => {
    try {
      return await call(item);
    } catch (error) {
      if (isOwnCancellation(error)) throw error;
      if (await onError(error, item)) return SKIPPED;
      throw error;
    }
  };
}
