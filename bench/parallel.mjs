// Calls in workers beside a message port and a forked process by hand, and beside other pools. All variants take turns, again
// and again, because the machine drifts; what counts is the median of the ratios of each round.
import { Piscina } from 'piscina';
import { openNursery, run } from '@tercet/core';
import { openWorkers, remote, transfer } from '@tercet/parallel';
import Tinypool from 'tinypool';
import workerpool from 'workerpool';
import { Table } from './core.mjs';
import { median, shuffled } from './measure.mjs';
import { rawProcess, rawThread } from './parallel/raw.mjs';

const rounds = Number(process.env.ROUNDS ?? 7);
const here = (file) => new URL(`parallel/${file}`, import.meta.url);
const jobs = remote(here('jobs.mjs'));
const moving = remote(here('moving.mjs'));
const MEBIBYTE = 2 ** 20;

export default async function bench({ log, only }) {
  await run(() =>
    openWorkers({ max: 1 }, (threads) =>
      openWorkers({ max: 1 }, (tasks) =>
        openWorkers({ max: 1, kind: 'process' }, async (processes) => {
          const raw = rawThread();
          const forked = rawProcess();
          const one = { minThreads: 1, maxThreads: 1 };
          const piscina = new Piscina({ filename: here('piscina-worker.mjs').href, ...one });
          const tinypool = new Tinypool({ filename: here('piscina-worker.mjs').href, ...one });
          const pool = workerpool.pool(here('workerpool-worker.mjs').pathname, { maxWorkers: 1, workerType: 'thread' });
          const callers = {
            raw: () => raw.add(1, 2),
            fork: () => forked.add(1, 2),
            tercet: () => threads.run(jobs.add, 1, 2),
            async: () => tasks.run(jobs.addAsync, 1, 2),
            process: () => processes.run(jobs.add, 1, 2),
            piscina: () => piscina.run({ a: 1, b: 2 }),
            tinypool: () => tinypool.run({ a: 1, b: 2 }),
            workerpool: () => pool.exec('add', [1, 2]),
          };
          try {
            await measureCalls(log, only, callers);
            if (only !== undefined) return;
            await measureMoving(log, threads);
            await measureStreams(log, threads, raw.worker);
          } finally {
            forked.end();
            await Promise.all([raw.end(), piscina.destroy(), tinypool.destroy(), pool.terminate()]);
          }
        }),
      ),
    ),
  );
}

const TARGETS = [
  ['tercet', 1, 'raw', '≤', 1.3],
  ['tercet', 16, 'raw', '≥', 1.1],
  ['tercet', 16, 'piscina', '≥', 8],
  ['tercet', 256, 'raw', '≥', 1],
  ['tercet', 256, 'piscina', '≥', 6],
  ['async', 1, 'raw', '≤', 2.2],
  ['async', 16, 'raw', '≥', 0.7],
  ['async', 256, 'raw', '≥', 1.3],
  ['process', 16, 'fork', '≥', 3],
  ['process', 256, 'fork', '≥', 8],
];

async function measureCalls(log, only, callers) {
  const table = new Table(log, [
    'calls under way',
    'caller',
    'calls a second',
    'median of a call, µs',
    'beside',
    'target',
  ]);
  for (const width of [1, 16, 256]) {
    const name = String(width);
    if (only !== undefined && only !== name) continue;
    const count = width === 1 ? 1500 : 8000;
    const results = Object.fromEntries(Object.keys(callers).map((caller) => [caller, []]));
    for (let round = -2; round < rounds; round++) {
      for (const caller of shuffled(Object.keys(callers))) {
        const share = ['raw', 'fork', 'tercet', 'async', 'process'].includes(caller) ? 1 : 0.25;
        const result = await callMany(callers[caller], width, Math.ceil(count * share));
        if (round >= 0) results[caller].push(result);
      }
    }
    for (const caller of Object.keys(callers)) {
      const speeds = results[caller].map(({ speed }) => speed);
      const ratio = (than) => median(results[caller].map(({ speed }, round) => speed / results[than][round].speed));
      const latency = (than) => median(results[caller].map(({ p50 }, round) => p50 / results[than][round].p50));
      const baseline = caller === 'process' ? 'fork' : 'raw';
      const targets = TARGETS.filter(([who, at]) => who === caller && at === width).map(([, , than, sign, value]) => {
        const reached = sign === '≤' ? latency(than) : ratio(than);
        const holds = sign === '≤' ? reached <= value : reached >= value;
        return `${sign} ${value} × ${than}: ${reached.toFixed(2)} ${holds ? '✓' : '✗'}`;
      });
      table.row([
        name,
        caller,
        median(speeds).toFixed(0),
        median(results[caller].map(({ p50 }) => p50)).toFixed(0),
        `${ratio(baseline).toFixed(2)} × ${baseline}`,
        targets.join(', '),
      ]);
    }
  }
}

/** @returns calls a second, and the median time of a call in microseconds. */
async function callMany(call, width, count) {
  const times = [];
  let left = count;
  const caller = async () => {
    while (left-- > 0) {
      const begin = performance.now();
      await call();
      times.push(performance.now() - begin);
    }
  };
  const begin = performance.now();
  await openNursery((nursery) => {
    for (let index = 0; index < width; index++) nursery.startSoon(caller);
  });
  return { speed: (count / (performance.now() - begin)) * 1000, p50: median(times) * 1000 };
}

async function measureMoving(log, threads) {
  const times = { copy: [], move: [], moveMuch: [] };
  const timed = async (name, fn) => {
    const begin = performance.now();
    await fn();
    times[name].push(performance.now() - begin);
  };
  for (let round = 0; round < 4 * rounds; round++) {
    const [one, two, much] = [new Uint8Array(MEBIBYTE), new Uint8Array(MEBIBYTE), new Uint8Array(64 * MEBIBYTE)];
    await timed('copy', () => threads.run(jobs.back, one));
    await timed('move', () => threads.run(moving.back, transfer(two, [two.buffer])));
    await timed('moveMuch', () => threads.run(moving.back, transfer(much, [much.buffer])));
  }
  const ratio = (a, b) => median(times[a].map((time, round) => time / times[b][round]));
  log(
    `\n1 MiB there and back: copied ${median(times.copy).toFixed(2)} ms, moved ${median(times.move).toFixed(2)} ms: ` +
      `${againstTarget(ratio('move', 'copy'), 0.1)} of a copy; 64 MiB moved: ${againstTarget(ratio('moveMuch', 'move'), 3)} of 1 MiB.`,
  );
}

async function measureStreams(log, threads, worker) {
  const count = 100_000;
  const [ours, messages] = [[], []];
  for (let round = -1; round < rounds; round++) {
    let begin = performance.now();
    await threads.stream(jobs.numbers, [count], async (items) => {
      for (let left = count; left > 0; left--) await items.receive();
    });
    if (round >= 0) ours.push(((performance.now() - begin) / count) * 1e6);
    begin = performance.now();
    await new Promise((resolve) => {
      let left = count;
      const take = () => {
        if (--left > 0) return;
        worker.off('message', take);
        resolve();
      };
      worker.on('message', take);
      worker.postMessage({ count });
    });
    if (round >= 0) messages.push(((performance.now() - begin) / count) * 1e6);
  }
  const ratio = median(ours.map((time, round) => time / messages[round]));
  log(
    `\nAn item of a stream: ${againstTarget(median(ours), 400, 0)} ns; a message for each: ${median(messages).toFixed(0)} ns, ` +
      `${againstTarget(ratio, 0.25)} of it.`,
  );
}

function againstTarget(value, target, digits = 2) {
  return `${value.toFixed(digits)} (target ≤ ${target} ${value <= target ? '✓' : '✗'})`;
}
