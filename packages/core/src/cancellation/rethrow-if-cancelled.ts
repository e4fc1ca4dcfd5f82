import { absorb } from '../errors/absorb.ts';

/**
 * Throws the error on if it is a `Cancelled`, or a group with one in it: the first line of a `catch` that handles
 * everything else.
 *
 * @example
 * try { await fetchPrices(); } catch (error) { rethrowIfCancelled(error); usePricesOfYesterday(); }
 */
export function rethrowIfCancelled(error: unknown): void {
  if (absorb(error).caught) throw error;
}
