import { checkpoint, openNursery, run } from '@tercet/core';
import { openMemoryChannel } from '@tercet/sync';
import { Table } from './core.mjs';
import { median, ROUNDS } from './measure.mjs';

const BUSY = 100;

/** How often a 1 ms interval timer ticks while `busy` goes on for 100 ms, and how long the loop stands still at most. */
async function ticksDuring(busy) {
  let ticks = 0;
  let last = performance.now();
  let longest = 0;
  const interval = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    ticks++;
  }, 1);
  try {
    await busy(performance.now() + BUSY);
  } finally {
    clearInterval(interval);
  }
  return { ticks, longest };
}

const loops = {
  'setImmediate (the ceiling)': async (end) => {
    while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
  },
  checkpoint: (end) =>
    run(async () => {
      while (performance.now() < end) await checkpoint();
    }),
  'channel that always has room': (end) =>
    run(async () => {
      const [sender, receiver] = openMemoryChannel(1);
      while (performance.now() < end) {
        await sender.send(1);
        await receiver.receive();
      }
    }),
  'two tasks, rendezvous': (end) =>
    run(async () => {
      const [sender, receiver] = openMemoryChannel(0);
      await openNursery((nursery) => {
        nursery.startSoon(async () => {
          while (performance.now() < end) await sender.send(1);
          sender.close();
        });
        nursery.startSoon(async () => {
          for await (const item of receiver) if (item !== 1) throw new Error('never');
        });
      });
    }),
};

export default async function fairness({ log }) {
  const table = new Table(log, [
    `${BUSY} ms of operations that are always ready`,
    'ticks of a 1 ms timer',
    'longest pause, ms',
  ]);
  for (const [name, busy] of Object.entries(loops)) {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await ticksDuring(busy));
    const ticks = median(rounds.map((round) => round.ticks));
    const longest = median(rounds.map((round) => round.longest));
    table.row([name, ticks, longest.toFixed(1)]);
  }
}
