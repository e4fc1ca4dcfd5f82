import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { all, ClosedResourceError, ExceptionGroup, run, sleep } from '@tercet/core';
import { BrokenWorkerError, openWorkers } from '@tercet/parallel';
import type { ReceiveChannel } from '@tercet/sync';
import { errorOf, KINDS, make, newFile, plain, tasks, until } from '../jobs.ts';

async function toArray(items: ReceiveChannel<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe.each(KINDS)('with workers of kind %s', (kind) => {
  it('P48: stream gives a channel of the items of a generator, synchronous or not', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const expected = Array.from({ length: 1000 }, (_, index) => index);
        expect(await workers.stream(plain['numbers']!, [1000], toArray)).toEqual(expected);
        expect(await workers.stream(tasks['count']!, [1000], toArray)).toEqual(expected);
        expect(await workers.with({ window: 1 }).stream(tasks['count']!, [5], toArray)).toEqual([0, 1, 2, 3, 4]);
        expect(await workers.stream(tasks['count']!, [0], toArray)).toEqual([]);
      }),
    ));

  it('P48: a function that returns no iterable is a TypeError', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const error = await errorOf(workers.stream(plain['add']!, [1, 2], toArray));
        expect(error).toBeInstanceOf(ExceptionGroup);
        expect(error.leaves()[0]).toBeInstanceOf(TypeError);
      }),
    ));

  it('P49: leaving the body ends the generator before stream returns', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const first = await workers.stream(tasks['countForever']!, [], async (items) => [
          await items.receive(),
          await items.receive(),
        ]);
        expect(first).toEqual([0, 1]);
        expect(workers.statistics()).toMatchObject({ idle: 1, broken: 0 });
        const error = await errorOf(
          workers.stream(tasks['countForever']!, [], async (items) => {
            await items.receive();
            throw new RangeError('enough');
          }),
        );
        expect(error.leaves()).toEqual([new RangeError('enough')]);
        expect(workers.statistics()).toMatchObject({ idle: 1, broken: 0 });
      }),
    ));

  it('P50: the error of a generator arrives after the items before it', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const seen: unknown[] = [];
        const error = await errorOf(
          workers.stream(plain['failAfterItems']!, [100], async (items) => {
            for await (const item of items) seen.push(item);
          }),
        );
        expect(seen).toHaveLength(100);
        expect(error).toBeInstanceOf(ExceptionGroup);
        expect(error.leaves()).toHaveLength(1);
        expect(error.leaves()[0]).toBeInstanceOf(RangeError);
        expect(error.leaves()[0].message).toBe('no more items');
      }),
    ));

  it('P50: a worker that dies fails the channel', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const error = await errorOf(workers.stream(plain['exit']!, [5], toArray));
        expect(error.leaves()[0]).toBeInstanceOf(BrokenWorkerError);
      }),
    ));

  it('P51: an async iterable argument is pulled, and closed when the job ends', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        let closed = 0;
        async function* items(n: number): AsyncGenerator<number> {
          try {
            for (let index = 0; index < n; index++) yield index;
          } finally {
            closed++;
          }
        }
        expect(await workers.run(tasks['sum']!, items(1000))).toBe(499_500);
        expect(await workers.run(tasks['takeTwo']!, items(1_000_000_000))).toEqual([0, 1]);
        expect(closed).toBe(2);
      }),
    ));

  it('P51: the error of an iterable argument is thrown in the job', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        async function* items(): AsyncGenerator<number> {
          yield 1;
          throw new RangeError('no more');
        }
        const error = await errorOf(workers.run(tasks['sum']!, items()));
        expect(error).toBeInstanceOf(RangeError);
        expect(error.message).toBe('no more');
      }),
    ));

  it('P52: map keeps the order by default, also when later items are done first', () =>
    run(() =>
      openWorkers({ kind, max: 2, prefetch: 0 }, async (workers) => {
        const file = newFile();
        // The first item waits for the third one.
        const results = await workers.map(plain['makeOrWait']!, [`wait ${file}`, 'nothing', `make ${file}`], {
          concurrency: 2,
        });
        expect(results).toEqual([`wait ${file}`, 'nothing', `make ${file}`]);
      }),
    ));

  it('P52: with ordered: false results come as they are done', () =>
    run(() =>
      openWorkers({ kind, max: 2, prefetch: 0 }, async (workers) => {
        const file = newFile();
        const results = await workers.map(plain['makeOrWait']!, [`wait ${file}`, 'nothing', `make ${file}`], {
          concurrency: 2,
          ordered: false,
        });
        expect(results[0]).toBe('nothing');
        // Once there is a file, each of the other two may end first.
        expect(new Set(results.slice(1))).toEqual(new Set([`make ${file}`, `wait ${file}`]));
      }),
    ));

  it.each([
    { concurrency: Infinity },
    { chunk: Infinity },
    { concurrency: Infinity, chunk: Infinity },
    { concurrency: 300 },
  ])('P52: map takes options without a limit: %p', (options) =>
    run(() =>
      openWorkers({ kind: 'thread', max: 2 }, async (workers) => {
        const items = Array.from({ length: 700 }, (_, i) => i);
        expect(await workers.map(plain['echo']!, items, options)).toEqual(items);
        expect(await workers.map(plain['echo']!, [], options)).toEqual([]);
      }),
    ),
  );

  it.each([
    { concurrency: 4, chunk: 1 },
    { concurrency: 4, chunk: 3 },
    { concurrency: 1, chunk: 5 },
  ])('P52: map takes at most concurrency + chunk items ahead: $concurrency + $chunk', ({ concurrency, chunk }) =>
    run(() =>
      openWorkers({ kind, max: 2 }, async (workers) => {
        const file = newFile();
        let taken = 0;
        let held = 0;
        function* items(): Generator<string> {
          for (; taken < 30; taken++) yield file;
        }
        await all([
          () => workers.map(plain['blockUntil']!, items(), { concurrency, chunk }),
          async () => {
            await until(workers, ({ running }) => running > 0);
            // All its tasks have had their turn: what they wait for is a worker.
            for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
            held = taken;
            make(file);
          },
        ]);
        expect(held).toBeGreaterThanOrEqual(Math.max(concurrency, chunk) - 1);
        expect(held).toBeLessThanOrEqual(concurrency + chunk);
        expect(taken).toBe(30);
      }),
    ),
  );

  it('P52: map keeps all workers busy, also with chunks', () =>
    run(() =>
      openWorkers({ kind, max: 2 }, async (workers) => {
        const file = newFile();
        const [results] = await all([
          () => workers.map(plain['blockUntil']!, Array<string>(40).fill(file), { chunk: 10 }),
          async () => {
            // Both workers have begun before any of them can end.
            await until(workers, ({ running }) => running === 2);
            make(file);
          },
        ]);
        expect(results).toHaveLength(40);
      }),
    ));

  it('P52: map in chunks, over async items, and out of order', () =>
    run(() =>
      openWorkers({ kind, max: 2 }, async (workers) => {
        async function* items(): AsyncGenerator<number> {
          for (let index = 0; index < 20; index++) yield index;
        }
        expect(await workers.map(tasks['sum']!, [], {})).toEqual([]);
        expect(await workers.map(plain['echo']!, items(), { chunk: 7 })).toHaveLength(20);
        const unordered = await workers.map(plain['echo']!, items(), { ordered: false, concurrency: 3 });
        expect(unordered.sort((a: number, b: number) => a - b)).toEqual(
          Array.from({ length: 20 }, (_, index) => index),
        );
      }),
    ));

  it('P52: the first failure of map cancels the rest, and comes in a group; the items are closed', () =>
    run(() =>
      openWorkers({ kind, max: 2, prefetch: 0, grace: Infinity }, async (workers) => {
        const cleaned = newFile();
        let taken = 0;
        let closed = false;
        function* jobs(): Generator<string> {
          try {
            yield `sleep ${cleaned}`;
            for (;;) yield `fail ${++taken}`;
          } finally {
            closed = true;
          }
        }
        const error = await errorOf(workers.map(tasks['sleepOrFail']!, jobs(), { concurrency: 2 }));
        expect(error).toBeInstanceOf(ExceptionGroup);
        expect(error.leaves()).toEqual([new RangeError('fail 1')]);
        // The other one has been asked, and has ended; nothing more has been taken.
        expect(existsSync(cleaned)).toBe(true);
        expect({ taken, closed }).toEqual({ taken: 1, closed: true });
        expect(workers.statistics()).toMatchObject({ running: 0, queued: 0, broken: 0 });
      }),
    ));

  it('P53: reports never block, and the last one is always delivered', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const seen: number[] = [];
        const onProgress = (value: unknown): void => void seen.push(value as number);
        expect(await workers.with({ onProgress }).run(plain['reportAll']!, 10_000)).toBe(10_000);
        expect(seen.at(-1)).toBe(10_000);
        expect(seen.length).toBeLessThan(10_000);
        expect(seen).toEqual([...seen].sort((a, b) => a - b));
      }),
    ));

  it('P56: the channel is closed when the body has ended', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const channel = await workers.stream(plain['numbers']!, [10], (items) => items);
        expect(await errorOf(channel.receive())).toBeInstanceOf(ClosedResourceError);
      }),
    ));
});

it('P48: a slow reader stops the producer at the window', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      const shared = new SharedArrayBuffer(8);
      const made = new Int32Array(shared, 4, 1);
      await workers.with({ window: 16 }).stream(tasks['countForever']!, [shared], async (items) => {
        expect(await items.receive()).toBe(0);
        while (made[0]! < 16) await sleep(1);
        // It has all the time of several turns to make more.
        await sleep(20);
        expect(made[0]).toBeLessThanOrEqual(17);
      });
      expect(new Int32Array(shared)[0]).toBe(1);
    }),
  ));

it('P9: stream() takes its arguments as an array', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      expect(await errorOf(workers.stream(plain['numbers']!, 3 as never, toArray))).toBeInstanceOf(TypeError);
      expect(await errorOf(workers.stream(plain['numbers']!, [3], undefined as never))).toBeInstanceOf(TypeError);
    }),
  ));
