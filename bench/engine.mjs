// Calls of jobs on Redis beside BullMQ by hand: with a map on one stream of events, and with its `waitUntilFinished`. Each has
// one worker program, and all share one Redis, which this starts. They take turns; what counts is the median of the ratios of
// each round. At the end a model of what more workers, and more callers, bring.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openNursery, run } from '@tercet/core';
import { job, openEngine, redisBackend } from '@tercet/parallel/engine';
import { remote } from '@tercet/parallel';
import { Redis } from 'ioredis';
import { Table } from './core.mjs';
import { describeModel } from './engine/model.mjs';
import { plainCaller } from './engine/plain.mjs';
import { busyOfRedis, startRedis } from './engine/redis.mjs';
import { median, shuffled } from './measure.mjs';

const rounds = Number(process.env.ROUNDS ?? 5);
const CONCURRENCY = 64;
/** Milliseconds for which each contestant calls in a round. */
const ROUND = 1500;
const WIDTHS = [1, 16, 256];
const { add } = remote(new URL('parallel/jobs.mjs', import.meta.url));
const sum = job(add, { name: 'add', atLeastOnce: 'accepted' });
const keyed = job(add, { name: 'add', key: () => String(keys++) });
let keys = 0;

const TARGETS = [
  ['tercet', 16, 'by hand', 0.9],
  ['tercet', 16, 'waitUntilFinished', 5],
  ['tercet', 256, 'by hand', 0.9],
  ['tercet', 256, 'waitUntilFinished', 5],
];

export default async function bench({ log, only }) {
  const redis = await startRedis();
  const { path } = redis;
  const workers = await Promise.all(['tercet', 'plain'].map((kind) => startWorker(kind, path)));
  const plain = await plainCaller(path);
  const client = new Redis({ path });
  try {
    await run(() =>
      openEngine({ backend: redisBackend({ connection: { path } }), queue: 'tercet' }, async (engine) => {
        const callers = {
          'by hand': () => plain.map(1, 2),
          waitUntilFinished: () => plain.waitUntilFinished(1, 2),
          tercet: () => engine.run(sum, 1, 2),
          'tercet, with keys': () => engine.run(keyed, 1, 2),
        };
        const model = await measureCalls(log, only, callers, client, workers);
        if (only === undefined) describeModel(log, model, CONCURRENCY);
      }),
    );
  } finally {
    plain.end();
    client.disconnect();
    for (const worker of workers) worker.kill('SIGKILL');
    await redis.end();
  }
}

async function measureCalls(log, only, callers, client, [ours, theirs]) {
  const table = new Table(log, [
    'calls under way',
    'caller',
    'calls a second',
    'median of a call, ms',
    'beside by hand',
    'processor time of a call, ms: caller + worker + Redis',
    'target',
  ]);
  const names = Object.keys(callers);
  let model;
  for (const width of WIDTHS) {
    if (only !== undefined && only !== String(width)) continue;
    const results = Object.fromEntries(names.map((name) => [name, []]));
    for (let round = -1; round < rounds; round++) {
      for (const name of shuffled(names)) {
        const worker = name.startsWith('tercet') ? ours : theirs;
        const before = [await busyOfRedis(client), busyOfProcess(worker.pid), process.cpuUsage()];
        const result = await callMany(callers[name], width);
        const { user, system } = process.cpuUsage(before[2]);
        const redis = ((await busyOfRedis(client)) - before[0]) / result.count;
        const work = (busyOfProcess(worker.pid) - before[1]) / result.count;
        if (round >= 0) results[name].push({ ...result, redis, work, own: (user + system) / 1000 / result.count });
      }
    }
    const of = (name, field) => median(results[name].map((result) => result[field]));
    for (const name of names) {
      const ratio = (than) => median(results[name].map(({ speed }, round) => speed / results[than][round].speed));
      const targets = TARGETS.filter(([who, at]) => who === name && at === width).map(([, , than, value]) => {
        const reached = ratio(than);
        return `≥ ${value} × ${than}: ${reached.toFixed(2)} ${reached >= value ? '✓' : '✗'}`;
      });
      table.row([
        String(width),
        name,
        median(results[name].map(({ speed }) => speed)).toFixed(0),
        median(results[name].map(({ p50 }) => p50)).toFixed(1),
        `${ratio('by hand').toFixed(2)} ×`,
        ['own', 'work', 'redis'].map((part) => of(name, part).toFixed(2)).join(' + '),
        targets.join(', '),
      ]);
    }
    model = { redis: of('tercet', 'redis'), work: of('tercet', 'work'), own: of('tercet', 'own') };
  }
  return model;
}

/** Keeps `width` calls under way for a while. */
async function callMany(call, width) {
  const times = [];
  const begin = performance.now();
  const caller = async () => {
    do {
      const before = performance.now();
      if ((await call()) !== 3) throw new Error('a wrong result');
      times.push(performance.now() - before);
    } while (performance.now() - begin < ROUND);
  };
  await openNursery((nursery) => {
    for (let index = 0; index < width; index++) nursery.startSoon(caller);
  });
  const count = times.length;
  return { count, speed: (count / (performance.now() - begin)) * 1000, p50: median(times) };
}

/** Processor time of a process, in milliseconds. */
function busyOfProcess(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  // The kernel counts in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function startWorker(kind, path) {
  const child = fork(fileURLToPath(new URL('engine/worker.mjs', import.meta.url)), [kind, path, String(CONCURRENCY)]);
  await once(child, 'message');
  return child;
}
