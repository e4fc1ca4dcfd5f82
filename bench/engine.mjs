// Calls of jobs on Redis beside BullMQ by hand: with a map on one stream of events, and with its `waitUntilFinished`. Each has
// one worker program, and all share one Redis, which this starts. They take turns; what counts is the median of the ratios of
// each round. At the end a model of what more workers, and more callers, bring.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openNursery, run } from '@tercet/core';
import { job, openEngine, redisBackend } from '@tercet/parallel/engine';
import { remote } from '@tercet/parallel';
import { Redis } from 'ioredis';
import { Table } from './core.mjs';
import { plainCaller } from './engine/plain.mjs';
import { median } from './measure.mjs';

const rounds = Number(process.env.ROUNDS ?? 5);
const CONCURRENCY = 64;
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
          'by hand': plain.map,
          waitUntilFinished: plain.waitUntilFinished,
          tercet: () => engine.run(sum, 1, 2),
          'tercet, with keys': () => engine.run(keyed, 1, 2),
        };
        const model = await measureCalls(log, only, callers, client);
        if (only === undefined) describeModel(log, model);
      }),
    );
  } finally {
    plain.end();
    client.disconnect();
    for (const worker of workers) worker.kill('SIGKILL');
    await redis.end();
  }
}

async function measureCalls(log, only, callers, client) {
  const table = new Table(log, [
    'calls under way',
    'caller',
    'calls a second',
    'median of a call, ms',
    'beside by hand',
    'target',
  ]);
  const names = Object.keys(callers);
  let model;
  for (const width of WIDTHS) {
    if (only !== undefined && only !== String(width)) continue;
    const results = Object.fromEntries(names.map((name) => [name, []]));
    for (let round = -1; round < rounds; round++) {
      for (const name of shuffled(names)) {
        const slow = name === 'waitUntilFinished';
        const count = width === 1 ? 150 : slow ? 2 * width : 1500;
        const busyBefore = await busyOf(client);
        const result = await callMany(callers[name], width, count);
        const busy = (await busyOf(client)) - busyBefore;
        if (round >= 0) results[name].push({ ...result, busy: busy / count });
      }
    }
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
        targets.join(', '),
      ]);
    }
    const of = (name, field) => median(results[name].map((result) => result[field]));
    model = { redis: of('tercet', 'busy'), speed: of('tercet', 'speed') };
  }
  return model;
}

async function callMany(call, width, count) {
  const times = [];
  let left = count;
  const caller = async () => {
    while (left-- > 0) {
      const begin = performance.now();
      if ((await call(1, 2)) !== 3) throw new Error('a wrong result');
      times.push(performance.now() - begin);
    }
  };
  const begin = performance.now();
  await openNursery((nursery) => {
    for (let index = 0; index < width; index++) nursery.startSoon(caller);
  });
  return { speed: (count / (performance.now() - begin)) * 1000, p50: median(times) };
}

// ---- what it is made of, and what more machines bring

/** Processor time of the Redis process, in milliseconds. */
async function busyOf(client) {
  const text = await client.info('cpu');
  const seconds = ['used_cpu_user', 'used_cpu_sys'].map((name) =>
    Number(new RegExp(`${name}:([\\d.]+)`).exec(text)[1]),
  );
  return (seconds[0] + seconds[1]) * 1000;
}

/**
 * A queue of W worker programs, each with 64 jobs at a time, and one Redis, which does one thing at a time: the throughput is
 * what the slower of the two allows.
 */
function describeModel(log, { redis, speed }) {
  const ceiling = 1000 / redis;
  log(
    `\nOne job costs Redis ${(redis * 1000).toFixed(0)} µs of its one thread, so one Redis ends at about ` +
      `${ceiling.toFixed(0)} jobs a second, however many workers there are. Measured with one caller and one worker program on ` +
      `this machine: ${speed.toFixed(0)}.\n`,
  );
  const table = new Table(log, ['time of a job', 'jobs a second by 1 worker', '4', '16', '64', 'it bends at']);
  for (const milliseconds of [1, 10, 100, 1000, 10_000]) {
    const own = (CONCURRENCY * 1000) / milliseconds;
    const one = Math.min(own, speed);
    const cells = [1, 4, 16, 64].map((workers) => Math.min(one * workers, ceiling).toFixed(0));
    table.row([`${milliseconds} ms`, ...cells, `${Math.max(1, Math.ceil(ceiling / one))} workers`]);
  }
}

// ---- programs

async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'tercet-bench-'));
  const path = join(folder, 'socket');
  const options = ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => {
    server.stdout.setEncoding('utf8').on('data', (text) => {
      if (/ready to accept connections/i.test(text)) resolve();
    });
  });
  return {
    path,
    async end() {
      server.kill('SIGKILL');
      await once(server, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startWorker(kind, path) {
  const child = fork(fileURLToPath(new URL('engine/worker.mjs', import.meta.url)), [kind, path, String(CONCURRENCY)]);
  await once(child, 'message');
  return child;
}

function shuffled(items) {
  return [...items].sort(() => Math.random() - 0.5);
}
