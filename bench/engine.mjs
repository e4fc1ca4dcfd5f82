// Calls of jobs on Redis beside BullMQ by hand: with a map on one stream of events, and with its `waitUntilFinished`. Each has
// one worker program, and all share one Redis, which this starts. They take turns; what counts is the median of the ratios of
// each round. At the end a model of what more workers, and more callers, bring.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
        const before = [await busyOf(client), busyOfProcess(worker.pid), process.cpuUsage()];
        const result = await callMany(callers[name], width);
        const { user, system } = process.cpuUsage(before[2]);
        const redis = ((await busyOf(client)) - before[0]) / result.count;
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

/** Calls for a while, so many at a time. */
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

// ---- what it is made of, and what more machines bring

/** Processor time of the Redis process, in milliseconds. */
async function busyOf(client) {
  const text = await client.info('cpu');
  const seconds = ['used_cpu_user', 'used_cpu_sys'].map((name) =>
    Number(new RegExp(`${name}:([\\d.]+)`).exec(text)[1]),
  );
  return (seconds[0] + seconds[1]) * 1000;
}

/** Processor time of a process, in milliseconds. */
function busyOfProcess(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  // The kernel counts in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/**
 * A queue of W worker programs, each with 64 jobs at a time and one event loop, and one Redis, which does one thing at a time:
 * the throughput is what the slower of the two allows. The figures are processor time, so other work on the machine that
 * measures does not change them much.
 */
function describeModel(log, { redis, work, own }) {
  const [ceiling, perProgram, perCaller] = [redis, work, own].map((milliseconds) => 1000 / milliseconds);
  log(
    `\nWith 256 calls under way, one job costs Redis ${(redis * 1000).toFixed(0)} µs of its one thread: one queue ends at about ` +
      `${ceiling.toFixed(0)} jobs a second, however many workers there are. It costs its worker program ` +
      `${(work * 1000).toFixed(0)} µs, so one program ends at ${perProgram.toFixed(0)} a second, and its caller ` +
      `${(own * 1000).toFixed(0)} µs: ${perCaller.toFixed(0)} a second.\n`,
  );
  const table = new Table(log, ['time of a job', 'jobs a second by 1 worker', '4', '16', '64', 'it bends at']);
  for (const milliseconds of [1, 10, 100, 1000, 10_000]) {
    const one = Math.min((CONCURRENCY * 1000) / milliseconds, perProgram);
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
