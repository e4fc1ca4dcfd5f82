// Measures implementations of the same workload against each other.
//
// The machine's speed drifts, so nothing is compared across time: in each round every implementation runs once, in random
// order, and a ratio is formed within the round. What is reported is the median of the ratios.

/**
 * @typedef {object} Workload
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
 * @returns the time per operation of each implementation, and the ratio of any two, `ratio(a, b)`.
 */
export async function measure({ count, rounds = ROUNDS, shares = {}, implementations }) {
  const names = Object.keys(implementations);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  // Not in each round: a full collection while nothing runs throws away what the engine has learned about short-lived
  // objects, and what is measured then is how fast it learns that again.
  globalThis.gc?.();
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const name of shuffled(names)) {
      const own = Math.ceil(count * (shares[name] ?? 1));
      const time = (await timeOf(implementations[name], own)) / own;
      if (round >= 0) times[name].push(time);
    }
  }
  return {
    nanoseconds: Object.fromEntries(names.map((name) => [name, median(times[name]) * 1e6])),
    ratio: (name, other) => median(times[name].map((time, round) => time / times[other][round])),
  };
}

async function timeOf(implementation, count) {
  const begin = performance.now();
  const own = await implementation(count);
  return typeof own === 'number' ? own : performance.now() - begin;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
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
