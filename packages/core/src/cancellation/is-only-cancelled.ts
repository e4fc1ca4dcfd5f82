import { absorb } from './absorb.ts';

/**
 * Whether an error is nothing but `Cancelled`: one, or a group of errors that holds nothing else, an `AggregateError` and the
 * `SuppressedError` of `await using` included.
 */
export function isOnlyCancelled(error: unknown): boolean {
  return !absorb(error).remains;
}
