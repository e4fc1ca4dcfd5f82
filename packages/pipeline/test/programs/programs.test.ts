import { describe, expect, it } from '@jest/globals';
import { abandonable, currentTime, openNursery, sleep } from '@tercet/core';
import { SystemClock } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import {
  batch,
  distinct,
  encode,
  filter,
  flatMap,
  lines,
  map,
  merge,
  onError,
  openPipeline,
  partition,
  pipeline,
  rateLimit,
  section,
  taskSection,
  toReadable,
  window,
  workerSection,
} from '@tercet/pipeline';
import type { Section } from '@tercet/pipeline';
import { openMemoryChannel } from '@tercet/sync';
import { Readable, Writable } from 'node:stream';
import { pipeline as nodePipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { FakeExecutor } from '../fake-executor.ts';
import { timed } from '../sources.ts';

describe('a log processor', () => {
  interface Entry {
    readonly at: number;
    readonly level: 'info' | 'error';
    readonly host: string;
  }

  /** Alerts when a host has had three errors within a second, and no more than once a minute for each host. */
  const alerts: Section<Uint8Array, string> = section(
    lines(),
    map((line): Entry => JSON.parse(line) as Entry),
    onError('skip'),
    filter((entry) => entry.level === 'error'),
    partition(
      (entry) => entry.host,
      () =>
        section(
          window<Entry>({ size: 3, within: { seconds: 1 }, min: 3 }),
          map(([first]) => `3 errors on ${first!.host}`),
        ),
    ),
    rateLimit({ every: { minutes: 1 }, per: (alert) => alert, mode: 'drop' }),
  );

  it(
    'L-11, L-26, L-44, L-49, L-71: tails, parses, watches a window and alerts',
    testRun(async () => {
      const write = (after: number, host: string, level = 'error'): [number, Uint8Array] => [
        after,
        Buffer.from(`${JSON.stringify({ at: after, level, host })}\n`),
      ];
      const tail = timed([
        write(10, 'a'),
        write(10, 'b'),
        [0, Buffer.from('not json\n{"at":0,"level":"er')],
        [10, Buffer.from('ror","host":"a"}\n')],
        write(10, 'a', 'info'),
        write(10, 'a'),
        write(100, 'a'),
        write(2000, 'b'),
        write(60_000, 'a'),
        write(10, 'a'),
        write(10, 'a'),
      ]);
      const seen: [number, string][] = [];
      await pipeline(tail, alerts).forEach((alert) => seen.push([currentTime(), alert]));
      expect(seen).toEqual([
        [50, '3 errors on a'],
        [62_170, '3 errors on a'],
      ]);
    }),
  );
});

describe('a crawler', () => {
  it(
    'L-39, L-45, L-71: keeps the order and the rate of each host, and works on hosts beside each other',
    testRun(async () => {
      const links: Record<string, string[]> = {
        'a/1': ['a/2', 'b/1'],
        'a/2': ['a/3', 'a/1'],
        'b/1': ['b/2', 'c/1'],
        'c/1': ['a/1'],
      };
      const visits: [number, string][] = [];
      const fetchLinks = async (url: string): Promise<string[]> => {
        visits.push([currentTime(), url]);
        await sleep(30);
        return links[url] ?? [];
      };
      const [found, queue] = openMemoryChannel<string>(Infinity);
      let open = 1;
      found.sendNowait('a/1');
      const crawler = pipeline(
        queue,
        taskSection<string, string>('until all is done', async (input, emit) => {
          for await (const url of input) await emit(url);
        }),
        distinct({ max: 10_000 }),
        partition(
          (url) => url.split('/')[0],
          () => section(rateLimit<string>({ every: 100, mode: 'wait' }), map(fetchLinks)),
          { maxOpen: 10, idle: 10_000 },
        ),
      );
      const known = new Set(['a/1']);
      await crawler.forEach((urls) => {
        for (const url of urls) {
          if (known.has(url)) continue;
          known.add(url);
          open++;
          found.sendNowait(url);
        }
        if (--open === 0) found.close();
      });
      expect(visits).toEqual([
        [0, 'a/1'],
        [30, 'b/1'],
        [60, 'c/1'],
        [100, 'a/2'],
        [130, 'b/2'],
        [200, 'a/3'],
      ]);
    }),
  );
});

describe('CSV to gzip', () => {
  it(
    'L-14, L-72, L-73: needs the same memory for ten times the rows',
    testRun(
      async () => {
        const convert = async (rows: number): Promise<{ bytes: number; heap: number }> => {
          let heap = 0;
          const csv = Readable.from(
            (function* () {
              yield 'id,name\n';
              for (let id = 0; id < rows; id++) yield `${id},name ${id % 100}\n`;
            })(),
            { objectMode: false },
          );
          let count = 0;
          const output = pipeline(
            csv as AsyncIterable<Uint8Array>,
            lines(),
            map((line) => line.split(',')),
            filter(([id]) => id !== 'id'),
            map(([id, name]) => {
              if (++count % 5000 === 0) heap = Math.max(heap, process.memoryUsage().heapUsed);
              return `${id};${name!.toUpperCase()}\n`;
            }),
            batch({ size: 100 }),
            map((texts) => texts.join('')),
            encode(),
          );
          let bytes = 0;
          await openNursery(async (nursery) => {
            const readable = toReadable(output, nursery, { objectMode: false, highWaterMark: 16_384 });
            const sink = new Writable({
              write: (chunk: Uint8Array, _encoding, done) => {
                bytes += chunk.length;
                done();
              },
            });
            await abandonable(nodePipeline(readable, createGzip({ level: 1 }), createGunzip(), sink));
          });
          return { bytes, heap };
        };
        await convert(20_000);
        const few = await convert(20_000);
        const many = await convert(200_000);
        expect(few.bytes).toBe(Array.from({ length: 20_000 }, (_, id) => `${id};NAME ${id % 100}\n`).join('').length);
        expect(many.bytes).toBeGreaterThan(9 * few.bytes);
        expect(many.heap - few.heap).toBeLessThan(40_000_000);
      },
      { clock: () => new SystemClock() },
    ),
    60_000,
  );
});

describe('a fan-out', () => {
  it(
    'L-62, L-63, L-64: a fast consumer gets all, and a slow one does not hold it up where it may miss some',
    testRun(async () => {
      const readings = async function* (): AsyncGenerator<number> {
        for (let reading = 0; reading < 100; reading++) {
          await sleep(10);
          yield reading;
        }
      };
      const fast: number[] = [];
      const slow: number[] = [];
      await openPipeline(pipeline(readings), async (numbers) => {
        const all = numbers.tap({ buffer: 5 });
        const latest = numbers.tap({ buffer: 1, whenFull: 'drop-oldest' });
        await openNursery((nursery) => {
          nursery.startSoon(async () => {
            for await (const item of all) fast.push(item);
            expect(currentTime()).toBeLessThan(1100);
          });
          nursery.startSoon(async () => {
            for await (const item of latest) {
              slow.push(item);
              await sleep(105);
            }
          });
        });
        expect(latest.statistics().dropped + slow.length).toBe(100);
      });
      expect(fast).toEqual(Array.from({ length: 100 }, (_, index) => index));
      expect(slow.length).toBeLessThan(13);
      expect(slow.at(-1)).toBe(99);
    }),
  );
});

describe('a worker section whose worker is killed at random', () => {
  it(
    'L-25, L-75: delivers what had come back, in order, says what has happened, and leaves nothing behind',
    testRun(async () => {
      const square = async function* (items: AsyncIterable<number>): AsyncGenerator<number> {
        for await (const item of items) {
          await sleep(item % 3);
          yield item * item;
        }
      };
      const deaths: string[] = [];
      for (let round = 0; round < 50; round++) {
        const executor = new FakeExecutor();
        const items: number[] = [];
        const killAt = Math.random() * 60;
        const squares = pipeline(
          merge(Array.from({ length: 40 }, (_, index) => index)),
          workerSection(square, { executor, window: 8 }),
          flatMap((item) => [item]),
        );
        await openNursery(async (nursery) => {
          const killer = nursery.startSoon(async () => {
            await sleep(killAt);
            executor.kill();
          });
          try {
            await squares.forEach((item) => items.push(item));
          } catch (error) {
            deaths.push(String(error));
          }
          killer.cancel();
        });
        expect(executor.running).toBe(0);
        expect(items).toEqual(items.map((_, index) => index * index));
      }
      expect(deaths.length).toBeGreaterThan(5);
      expect(deaths.filter((text) => !text.includes('the worker has died'))).toEqual([]);
    }),
  );
});
