import type { Chooser, Deviation } from './recorder.ts';

/** Takes the plain order, but for some choices. A choice that is not there any more is replaced by the last one. */
export function replay(deviations: readonly Deviation[]): Chooser {
  const indices = new Map(deviations);
  return { choose: (ready, position) => Math.min(indices.get(position) ?? 0, ready.length - 1) };
}
