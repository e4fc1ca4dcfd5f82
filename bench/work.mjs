// Real work in two workers beside the same work in this thread: hash files, parse JSON lines, resize images, check types.
// The two take turns, and the median of the ratios of the rounds counts: so the machine may drift.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  const table = new Table(log, ['work', 'one thread, s', 'two workers, s', 'times as fast', 'target']);
  for (const [name, make] of Object.entries(works)) {
    if (only !== undefined && !name.includes(only)) continue;
    const folder = mkdtempSync(join(tmpdir(), 'tercet-work-'));
    try {
      const results = await measure(await make(folder));
      const speedUp = median(results.map(({ alone, shared }) => alone / shared));
      table.row([
        name,
        seconds(results.map(({ alone }) => alone)),
        seconds(results.map(({ shared }) => shared)),
        speedUp.toFixed(2),
        `≥ ${TARGET} ${speedUp >= TARGET ? '✓' : '✗'}`,
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

async function measure({ fn, items, chunk }) {
  const results = [];
  await run(() =>
    openWorkers({ max: WORKERS, min: WORKERS }, async (workers) => {
      // Workers, modules and the cache of the file system are warm in both cases.
      const warmUp = items.slice(0, 2 * WORKERS);
      await workers.map(jobs[fn], warmUp);
      for (const item of warmUp) await here[fn](item);
      for (let round = 0; round < rounds; round++) {
        const [alone, expected] = await timed(async () => {
          const values = [];
          for (const item of items) values.push(await here[fn](item));
          return values;
        });
        const [shared, values] = await timed(() => workers.map(jobs[fn], items, { chunk }));
        if (JSON.stringify(values) !== JSON.stringify(expected)) throw new Error(`${fn}: the results differ`);
        results.push({ alone, shared });
      }
    }),
  );
  return results;
}

async function timed(body) {
  const begin = performance.now();
  const value = await body();
  return [performance.now() - begin, value];
}

function seconds(milliseconds) {
  return (median(milliseconds) / 1000).toFixed(2);
}
