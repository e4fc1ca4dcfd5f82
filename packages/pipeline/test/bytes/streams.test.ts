import { describe, expect, it } from '@jest/globals';
import { abandonable, ExceptionGroup, openNursery, sleep } from '@tercet/core';
import { SystemClock } from '@tercet/core/lowlevel';
import { openMemoryChannel } from '@tercet/sync';
import { MemorySendStream, testRun } from '@tercet/testing';
import { encode, map, pipeline, take, toReadable, toWebReadable } from '@tercet/pipeline';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { ReadableStream, WritableStream } from 'node:stream/web';
import { leavesFrom } from '../failing.ts';
import { CountingSource } from '../sources.ts';

const real = { clock: () => new SystemClock() };

describe('streams of Node', () => {
  it(
    'L-72: out: an item that is null fails a readable of Node, for which it would be the end',
    testRun(async () => {
      await openNursery(async (nursery) => {
        const readable = toReadable(pipeline([1, null, 2]), nursery);
        const seen: unknown[] = [];
        const failed = (async () => {
          for await (const item of readable) seen.push(item);
        })();
        await expect(abandonable(failed)).rejects.toThrow(/toReadable\(\): an item is null/);
      });
    }, real),
  );

  it(
    'L-72: in: a readable gives its items, and is destroyed by an early end',
    testRun(async () => {
      expect(
        await pipeline(
          Readable.from([1, 2, 3]),
          map((x: number) => x + 1),
        ).toArray(),
      ).toEqual([2, 3, 4]);
      const endless = Readable.from(new CountingSource(), { highWaterMark: 4 });
      expect(await pipeline(endless as AsyncIterable<number>, take(2)).toArray()).toEqual([0, 1]);
      expect(endless.destroyed).toBe(true);
      const failing = new Readable({ read: () => failing.destroy(new RangeError('broken')) });
      expect(await leavesFrom(pipeline(failing as AsyncIterable<unknown>).drain())).toEqual([new RangeError('broken')]);
    }, real),
  );

  it(
    'L-72: out: a writable holds up the source at its high-water mark, and is ended',
    testRun(async () => {
      const source = new CountingSource(50);
      const written: number[] = [];
      let most = 0;
      const writable = new Writable({
        objectMode: true,
        highWaterMark: 3,
        write(item: number, _encoding, done) {
          setImmediate(() => {
            written.push(item);
            most = Math.max(most, source.pulled - written.length);
            done();
          });
        },
      });
      await pipeline(source).sendTo(writable);
      expect(written.length).toBe(50);
      expect(writable.writableFinished).toBe(true);
      expect(most).toBeLessThanOrEqual(4);
    }, real),
  );

  it(
    'L-72: out: an error of the writable fails the pipeline, and one of the pipeline destroys the writable',
    testRun(async () => {
      const log: string[] = [];
      const source = new CountingSource();
      const bad = new Writable({
        objectMode: true,
        highWaterMark: 1,
        write: (_item, _encoding, done) => setImmediate(done, new RangeError('full')),
      });
      expect(await leavesFrom(pipeline(source).sendTo(bad))).toEqual([new RangeError('full')]);
      expect(source.returned).toBe(1);
      const good = new Writable({
        objectMode: true,
        write: (_item, _encoding, done) => done(),
        destroy: (error, done) => (log.push(String(error)), done(null)),
      });
      await leavesFrom(
        pipeline(
          [1],
          map(() => {
            throw new RangeError('bad');
          }),
        ).sendTo(good),
      );
      expect(log.join()).toContain('RangeError: bad');
      const destroyed = new Writable({ objectMode: true, write: (_item, _encoding, done) => setImmediate(done) });
      setTimeout(() => destroyed.destroy(), 5);
      const endless = new CountingSource();
      await pipeline(endless).sendTo(destroyed);
      expect(endless.returned).toBe(1);
    }, real),
  );

  it(
    'L-72: toReadable is held up, ends, fails and is closed early',
    testRun(async () => {
      await openNursery(async (nursery) => {
        const source = new CountingSource(20);
        const readable = toReadable(pipeline(source), nursery, { highWaterMark: 3 });
        await sleep(5);
        expect(source.pulled).toBe(0);
        const items: unknown[] = [];
        for await (const item of readable) {
          items.push(item);
          await sleep(0);
          expect(source.pulled - items.length).toBeLessThanOrEqual(4);
        }
        expect(items.length).toBe(20);
        const failing = toReadable(
          pipeline(
            [1],
            map(() => {
              throw new RangeError('bad');
            }),
          ),
          nursery,
        );
        failing.resume();
        const [error] = (await abandonable(once(failing, 'error'))) as [ExceptionGroup];
        expect(error.leaves()).toEqual([new RangeError('bad')]);
        const endless = new CountingSource();
        const left = toReadable(pipeline(endless), nursery);
        for await (const item of left) if (item === 2) break;
        await sleep(5);
        expect(endless.returned).toBe(1);
      });
    }, real),
  );
});

describe('streams of the web', () => {
  it(
    'L-72: in and out',
    testRun(async () => {
      const readable = new ReadableStream<number>({
        start(controller) {
          controller.enqueue(1);
          controller.enqueue(2);
          controller.close();
        },
      });
      const written: number[] = [];
      let isClosed = false;
      let inQueue = 0;
      let most = 0;
      const sink = (): WritableStream<number> =>
        new WritableStream<number>(
          {
            write: async (item) => {
              await new Promise((resolve) => setImmediate(resolve));
              written.push(item);
              inQueue--;
            },
            close: () => void (isClosed = true),
          },
          { highWaterMark: 2 },
        );
      await pipeline(readable as AsyncIterable<number>).sendTo(sink());
      expect([written, isClosed]).toEqual([[1, 2], true]);
      inQueue = 0;
      await pipeline(
        new CountingSource(20),
        map((x) => ((most = Math.max(most, ++inQueue)), x)),
      ).sendTo(sink());
      expect(written.length).toBe(22);
      expect(most).toBeLessThanOrEqual(4);
    }, real),
  );

  it(
    'L-72: errors and early ends, both ways',
    testRun(async () => {
      const aborted: unknown[] = [];
      const sink = new WritableStream<number>({ abort: (reason) => void aborted.push(reason) });
      await leavesFrom(
        pipeline(
          [1],
          map((): number => {
            throw new RangeError('bad');
          }),
        ).sendTo(sink),
      );
      expect(String(aborted[0])).toContain('RangeError: bad');
      const broken = new WritableStream<number>({
        write: () => {
          throw new RangeError('full');
        },
      });
      expect(await leavesFrom(pipeline(new CountingSource()).sendTo(broken))).toEqual([new RangeError('full')]);
      await openNursery(async (nursery) => {
        const source = new CountingSource();
        const reader = toWebReadable(pipeline(source), nursery, { highWaterMark: 2 }).getReader();
        expect((await abandonable(reader.read())).value).toBe(0);
        await sleep(5);
        expect(source.pulled).toBeLessThanOrEqual(4);
        await abandonable(reader.cancel());
        await sleep(5);
        expect(source.returned).toBe(1);
        const all = toWebReadable(pipeline(['a', 'b'], encode()), nursery);
        expect(await abandonable(new Response(all as never).text())).toBe('ab');
        const failing = toWebReadable(
          pipeline(
            [1],
            map((): number => {
              throw new RangeError('bad');
            }),
          ),
          nursery,
        );
        await expect(abandonable(failing.getReader().read())).rejects.toThrow(/RangeError: bad/);
      });
    }, real),
  );
});

describe('sendTo', () => {
  it(
    'sends to channels and to streams of Tercet, which stay open',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(5);
      await pipeline([1, 2]).sendTo(send);
      expect([receive.receiveNowait(), receive.receiveNowait()]).toEqual([1, 2]);
      receive.close();
      const source = new CountingSource();
      await pipeline(source).sendTo(send);
      expect(source.returned).toBe(1);
      const stream = new MemorySendStream();
      await pipeline(['ab', 'c']).sendTo(stream);
      expect(Buffer.from((await stream.getData())!).toString()).toBe('abc');
      await expect(pipeline([1]).sendTo(5 as never)).rejects.toThrow(/sendTo\(\) takes a SendChannel/);
    }),
  );
});
