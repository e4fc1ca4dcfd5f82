import type { Observing } from '../observing/observing.ts';

/**
 * Loads what is only needed to watch a run. It is a part of `@tercet/core/lowlevel` and comes with it, so that neither entry
 * point has to load more files than it would without the other.
 */
export async function loadObserving(): Promise<Observing> {
  const { observing } = await import('../lowlevel.ts');
  return observing as Observing;
}
