// How the price grows with the size: each workload at 1, 10 and 100 times a small size, tercet alone, once it is warm. The
// exponent is 1 where twice as much takes twice as long.
import { Table } from './core.mjs';
import { Contestant, ownRuntime } from './contestant.mjs';
import { median } from './measure.mjs';

const ROUNDS = 5;
const FACTORS = [1, 10, 100];

export default async function growth({ log, workloads }) {
  const table = new Table(log, ['growth', ...FACTORS.map((factor) => `${factor} ×, ns each`), 'exponent']);
  for (const { file, name, count } of workloads) {
    const smallest = Math.max(100, Math.min(1000, count / 100));
    const times = [];
    const contestant = new Contestant(ownRuntime, file, name, 'tercet');
    // The engine has to know the code before the first, small size.
    await timeOf(contestant, smallest * FACTORS.at(-1));
    for (const factor of FACTORS) times.push(await timeOf(contestant, smallest * factor));
    contestant.end();
    const exponent = Math.log(times.at(-1) / times[0]) / Math.log(FACTORS.at(-1) / FACTORS[0]);
    table.row([
      name,
      ...times.map((time, index) => ((time * 1e6) / (smallest * FACTORS[index])).toFixed(0)),
      exponent.toFixed(2),
    ]);
  }
}

async function timeOf(contestant, count) {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await contestant.time(count));
  return median(times);
}
