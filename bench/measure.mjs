// Measures implementations of the same workload against each other.
//
// The machine's speed drifts, so nothing is compared across time: in each round every implementation runs once, in random
// order, each in a process of its own, and a ratio is formed within the round. The result is the median of the ratios.

import { Contestant, ownRuntime } from './contestant.mjs';

/**
 * @typedef {object} Workload
 * @property {string} file the one in workloads/ that it is in
 * @property {string} name
 * @property {number} count how many operations one execution does
 * @property {number} [rounds] when one execution is so long that fewer rounds have to do
 * @property {Record<string, number>} [shares] what part of the count is enough for an implementation that takes very long
 * @property {string} [baseline] the implementation that the others are divided by: 'promises'
 * @property {{ than: string, atMost: number }[]} [targets] what the ratio of tercet to another one should be
 * @property {Record<string, (count: number) => Promise<unknown>>} implementations one that returns a number returns its own time,
 *   in milliseconds, of the part that counts
 */

export const ROUNDS = 9;
const WARM_UP_ROUNDS = 2;

/**
 * @param {Workload} workload
 * @returns the time per operation of each implementation, and the ratio of any two, `ratio(a, b)`; undefined where one
 * cannot do it on that runtime.
 */
export async function measure(
  { file, name, count, rounds = ROUNDS, shares = {}, implementations },
  runtime = ownRuntime,
) {
  const names = Object.keys(implementations);
  const times = Object.fromEntries(names.map((each) => [each, []]));
  const contestants = Object.fromEntries(names.map((each) => [each, new Contestant(runtime, file, name, each)]));
  try {
    for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
      for (const each of shuffled(names)) {
        const own = Math.ceil(count * (shares[each] ?? 1));
        const time = await contestants[each].time(own);
        if (round >= 0 && time !== undefined) times[each].push(time / own);
      }
    }
  } finally {
    for (const contestant of Object.values(contestants)) contestant.end();
  }
  return {
    nanoseconds: Object.fromEntries(
      names.filter((each) => times[each].length > 0).map((each) => [each, median(times[each]) * 1e6]),
    ),
    ratio: (each, other) => median(times[each].map((time, round) => time / times[other][round])),
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The same items in random order. */
export function shuffled(items) {
  const result = [...items];
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(Math.random() * (index + 1));
    [result[index], result[other]] = [result[other], result[index]];
  }
  return result;
}
