import { seededRandom } from '@tercet/core/lowlevel';
import { pctOrder, withLength } from './pct-order.ts';
import { randomOrder } from './random-order.ts';
import { replay } from './replay.ts';
import type { Chooser, Deviation, Recorder } from './recorder.ts';

/** How the order of one run is decided. */
export interface Plan {
  readonly seed: number;
  readonly chooser: Chooser;
  /** A run that was decided alike, for so many steps, or to its end: another course shows that the body is not deterministic. */
  readonly like?: { readonly run: Recorder; readonly steps?: number };
}

/** Decides which orders are tried, one after the other. */
export interface Strategy {
  /** The next one; `undefined` when all orders have been tried. @param latest the run before, if there was one. */
  next(latest: Recorder | undefined): Plan | undefined;
}

/** Orders that are drawn from seeds. The first seed is the given one, so that the seed of a failure shows it again. */
export function drawnOrders(seed: number, kind: 'random' | 'pct', depth: number): Strategy {
  const random = seededRandom(seed);
  let longest = 0;
  let runs = 0;
  return {
    next(latest) {
      if (latest !== undefined) longest = Math.max(longest, latest.counts.filter((count) => count > 1).length);
      // The second run repeats the first one, to see whether the body is deterministic.
      const repeated = runs === 1 ? latest : undefined;
      const drawn = runs++ < 2 ? seed : Math.floor(random() * 2 ** 32);
      const own = kind === 'pct' && runs > 2 ? withLength(drawn, longest) : drawn;
      const chooser = drawnOrder(own, kind, depth);
      return { seed: own, chooser, ...(repeated && { like: { run: repeated } }) };
    },
  };
}

/** The order that belongs to a seed. */
export function drawnOrder(seed: number, kind: 'random' | 'pct', depth: number): Chooser {
  return kind === 'pct' ? pctOrder(seed, depth) : randomOrder(seed);
}

/** All orders, depth first: each run takes the latest choice that has an alternative left, and the plain order from there. */
export function allOrders(seed: number): Strategy {
  return {
    next(latest) {
      if (latest === undefined) return { seed, chooser: replay([]) };
      const { choices, counts } = latest;
      let last = choices.length - 1;
      while (last >= 0 && choices[last]! + 1 >= counts[last]!) last--;
      if (last < 0) return undefined;
      const deviations: Deviation[] = choices.slice(0, last).map((index, position) => [position, index]);
      deviations.push([last, choices[last]! + 1]);
      return { seed, chooser: replay(deviations), like: { run: latest, steps: last + 1 } };
    },
  };
}
