// Real work in two workers beside the same work in this thread: hash files, parse JSON lines, resize images, check types.
// Beside both, two plain threads get half of the work each, all at once: about as fast as the machine can be. They take turns,
// and the median of the ratios of the rounds counts: so the machine may drift. One thread may use more than one core already:
// V8 collects garbage and compiles on threads of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { run } from '@tercet/core';
import { openWorkers, remote } from '@tercet/parallel';
import { Table } from './core.mjs';
import { median } from './measure.mjs';
import { makeFiles, makeImages, makeLines } from './work/inputs.mjs';

const rounds = Number(process.env.ROUNDS ?? 3);
const MEBIBYTE = 2 ** 20;
const WORKERS = 2;
const TARGET = 1.7;
const here = await import('./work/jobs.mjs');
const jobs = remote(new URL('work/jobs.mjs', import.meta.url));

/** Each: a function of the module with the jobs, the arguments of its calls, and how many are sent at a time. */
const works = {
  'hash 1,000 files of 512 KiB': (folder) => ({ fn: 'hash', items: makeFiles(folder, 1000, MEBIBYTE / 2), chunk: 8 }),
  'parse 100 MB of JSON lines': (folder) => ({ fn: 'parseLines', items: makeLines(folder, 100e6, 32), chunk: 1 }),
  'resize 12 photographs of 1 megapixel': async (folder) => ({
    fn: 'resize',
    items: await makeImages(folder, 12),
    chunk: 1,
  }),
  'check the types of 6 packages': () => ({
    fn: 'checkTypes',
    items: ['context', 'sync', 'streams', 'proc', 'fs', 'testing'],
    chunk: 1,
  }),
};

export default async function bench({ log, only }) {
  const table = new Table(log, [
    'work',
    'one thread, s',
    'its cores',
    'two workers, s',
    'times as fast',
    'by hand',
    'target',
  ]);
  for (const [name, make] of Object.entries(works)) {
    if (only !== undefined && !name.includes(only)) continue;
    const folder = mkdtempSync(join(tmpdir(), 'tercet-work-'));
    try {
      const results = await measure(await make(folder));
      const speedUp = median(results.map(({ alone, shared }) => alone / shared));
      table.row([
        name,
        seconds(results.map(({ alone }) => alone)),
        median(results.map(({ cores }) => cores)).toFixed(2),
        seconds(results.map(({ shared }) => shared)),
        speedUp.toFixed(2),
        median(results.map(({ alone, byHand }) => alone / byHand)).toFixed(2),
        `≥ ${TARGET} ${speedUp >= TARGET ? '✓' : '✗'}`,
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

async function measure({ fn, items, chunk }) {
  const results = [];
  const threads = new PlainThreads();
  try {
    await run(() =>
      openWorkers({ max: WORKERS, min: WORKERS }, async (workers) => {
        // Workers, modules and the cache of the file system are warm in both cases.
        const warmUp = items.slice(0, 2 * WORKERS);
        await workers.map(jobs[fn], warmUp);
        for (const item of warmUp) await here[fn](item);
        await threads.work(fn, warmUp);
        for (let round = 0; round < rounds; round++) {
          const before = process.cpuUsage();
          const [alone, expected] = await timed(async () => {
            const values = [];
            for (const item of items) values.push(await here[fn](item));
            return values;
          });
          const { user, system } = process.cpuUsage(before);
          const [shared, values] = await timed(() => workers.map(jobs[fn], items, { chunk }));
          const [byHand, halves] = await timed(() => threads.work(fn, items));
          for (const got of [values, halves]) {
            if (JSON.stringify(got) !== JSON.stringify(expected)) throw new Error(`${fn}: the results differ`);
          }
          results.push({ alone, shared, byHand, cores: (user + system) / 1000 / alone });
        }
      }),
    );
  } finally {
    threads.end();
  }
  return results;
}

/** The workers by hand: each gets half of the items. */
class PlainThreads {
  #threads = Array.from({ length: WORKERS }, () => new Worker(new URL('work/by-hand.mjs', import.meta.url)));

  /** @returns the results, in the order of the items. */
  async work(fn, items) {
    const half = Math.ceil(items.length / WORKERS);
    const parts = this.#threads.map((thread, index) => {
      thread.postMessage({ fn, items: items.slice(index * half, (index + 1) * half) });
      return new Promise((resolve) => thread.once('message', resolve));
    });
    return (await Promise.all(parts)).flat();
  }

  end() {
    for (const thread of this.#threads) void thread.terminate();
  }
}

async function timed(body) {
  const begin = performance.now();
  const value = await body();
  return [performance.now() - begin, value];
}

function seconds(milliseconds) {
  return (median(milliseconds) / 1000).toFixed(2);
}
