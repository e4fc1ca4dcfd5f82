// Measures implementations of the same workload against each other.
//
// The machine's speed drifts, so nothing is compared across time: in each round every implementation runs once, in random
// order, and a ratio is formed within the round. What is reported is the median of the ratios.

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {number} count how many operations one execution does
 * @property {string} baseline the implementation that the others are divided by
 * @property {Record<string, (count: number) => Promise<unknown>>} implementations
 */

export const ROUNDS = 9;
const WARM_UP_ROUNDS = 3;

/** @param {Workload} workload */
export async function measure({ count, baseline, implementations }) {
  const names = Object.keys(implementations);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const name of shuffled(names)) {
      globalThis.gc?.();
      const begin = performance.now();
      await implementations[name](count);
      const time = performance.now() - begin;
      if (round >= 0) times[name].push(time);
    }
  }
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        nanosecondsPerOperation: (median(times[name]) * 1e6) / count,
        ratio: median(times[name].map((time, round) => time / times[baseline][round])),
      },
    ]),
  );
}

export function median(values) {
  const sorted = values.toSorted ? values.toSorted((a, b) => a - b) : [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function shuffled(items) {
  const result = [...items];
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(Math.random() * (index + 1));
    [result[index], result[other]] = [result[other], result[index]];
  }
  return result;
}
