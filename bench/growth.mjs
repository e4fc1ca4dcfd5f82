// How the price grows with the size: each workload at 1, 10 and 100 times a small size, tercet alone. The exponent is 1
// where twice as much takes twice as long.
import { Table } from './core.mjs';
import { median } from './measure.mjs';

const ROUNDS = 5;
const FACTORS = [1, 10, 100];

export default async function growth({ log, workloads }) {
  const table = new Table(log, ['growth', ...FACTORS.map((factor) => `${factor} ×, ns each`), 'exponent']);
  for (const { name, count, implementations } of workloads) {
    const smallest = Math.max(100, Math.min(1000, count / 100));
    const times = [];
    for (const factor of FACTORS) times.push(await timeOf(implementations.tercet, smallest * factor));
    const exponent = Math.log(times.at(-1) / times[0]) / Math.log(FACTORS.at(-1) / FACTORS[0]);
    table.row([
      name,
      ...times.map((time, index) => ((time * 1e6) / (smallest * FACTORS[index])).toFixed(0)),
      exponent.toFixed(2),
    ]);
  }
}

async function timeOf(implementation, count) {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    const own = await implementation(count);
    times.push(typeof own === 'number' ? own : performance.now() - begin);
  }
  return median(times);
}
