// The number of runs that `explore` makes per second on one core, and the price of a seed.
import { all, checkpoint, run } from '@tercet/core';
import { Lock, openMemoryChannel } from '@tercet/sync';
import { explore } from '@tercet/testing';
import { median } from './measure.mjs';

/** Short tests, as they are explored. */
const bodies = {
  'three tasks, a checkpoint each': () => all([1, 2, 3].map(() => () => checkpoint())),
  'three tasks take a lock': () => {
    const lock = new Lock();
    return all([1, 2, 3].map(() => () => lock.run(() => checkpoint())));
  },
  'two producers, two consumers': () => {
    const [sender, receiver] = openMemoryChannel(1);
    const produce = (own) => async () => {
      await own.send(1);
      own.close();
    };
    const consume = async () => {
      for await (const _ of receiver);
    };
    return all([produce(sender.clone()), produce(sender), consume, consume]);
  },
};

export default async function bench({ log }) {
  log('');
  log('Runs a second, of the processor time of this process; the runs of one test take one order each.');
  log('');
  log('| test | pct | random |');
  log('| --- | ---: | ---: |');
  for (const [name, body] of Object.entries(bodies)) {
    const rates = [];
    for (const strategy of ['pct', 'random']) {
      await explore(body, { strategy, runs: 500 });
      rates.push(await rate(async () => (await explore(body, { strategy, runs: 5000, seed: 1 })).runs));
    }
    log(`| ${name} | ${rates.map((each) => each.toLocaleString('en')).join(' | ')} |`);
  }
  log('');
  log('The price of a seed: a run of 100 tasks with ten checkpoints each, in microseconds of processor time.');
  log('');
  log('| without a seed | with one | ratio |');
  log('| ---: | ---: | ---: |');
  const main = () =>
    all(
      Array.from({ length: 100 }, () => async () => {
        for (let step = 0; step < 10; step++) await checkpoint();
      }),
    );
  const plain = [];
  const seeded = [];
  // In turns, so that both meet the same machine.
  for (let round = 0; round < 12; round++) {
    plain.push(await rate(() => repeat(40, () => run(main))));
    seeded.push(await rate(() => repeat(40, () => run(main, { seed: round }))));
  }
  const [without, with_] = [plain, seeded].map((rates) => 1e6 / median(rates));
  log(`| ${Math.round(without)} | ${Math.round(with_)} | ${(with_ / without).toFixed(1)} |`);
}

/** Executions per second of processor time. @param work returns how many it has done */
async function rate(work) {
  const before = process.cpuUsage();
  const times = await work();
  const { user, system } = process.cpuUsage(before);
  return Math.round(times / ((user + system) / 1e6));
}

async function repeat(times, work) {
  for (let time = 0; time < times; time++) await work();
  return times;
}
