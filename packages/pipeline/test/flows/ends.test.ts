import { describe, expect, it } from '@jest/globals';
import { currentTime, EndOfChannel, moveOnAfter, openNursery, sleep, sleepForever } from '@tercet/core';
import { openMemoryChannel } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import {
  batch,
  buffer,
  closing,
  debounce,
  delay,
  filter,
  flatMap,
  map,
  openPipeline,
  pipeline,
  take,
  takeWhile,
  window,
} from '@tercet/pipeline';
import { CountingSource, ticks } from '../sources.ts';

const failWith = (error: Error): never => {
  throw error;
};

describe('an early end', () => {
  it(
    'L-16: take ends without another item',
    testRun(async () => {
      for (const sections of [[], [map((x: number) => x)], [filter((x: number) => x >= 0)]] as const) {
        const source = new CountingSource();
        const flow = sections.length === 0 ? pipeline(source, take(3)) : pipeline(source, sections[0], take(3));
        expect(await flow.toArray()).toEqual([0, 1, 2]);
        expect(source.pulled).toBe(3);
        expect(source.returned).toBe(1);
      }
    }),
  );

  it(
    'L-16: take(0) asks for nothing, and takeWhile for one that it does not let through',
    testRun(async () => {
      const none = new CountingSource();
      expect(await pipeline(none, take(0)).toArray()).toEqual([]);
      expect(none.pulled).toBe(0);
      const some = new CountingSource();
      expect(
        await pipeline(
          some,
          takeWhile((x) => x < 2),
        ).toArray(),
      ).toEqual([0, 1]);
      expect(some.pulled).toBe(3);
    }),
  );

  it(
    'L-16: take inside of the items of one item closes what it was given',
    testRun(async () => {
      const inner = new CountingSource();
      expect(
        await pipeline(
          [1, 2],
          flatMap(() => inner),
          take(2),
        ).toArray(),
      ).toEqual([0, 1]);
      expect([inner.pulled, inner.returned]).toEqual([2, 1]);
    }),
  );

  it(
    'L-16: take leaves in a channel what it does not need',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(10);
      for (let item = 0; item < 5; item++) send.sendNowait(item);
      expect(
        await pipeline(
          receive,
          map(async (x) => x),
          take(2),
        ).toArray(),
      ).toEqual([0, 1]);
      expect(receive.statistics().currentBufferUsed).toBe(3);
    }),
  );

  it(
    'L-17: leaving open cancels what is above, closes the iterator once, and waits for it',
    testRun(async () => {
      const log: string[] = [];
      let returned = 0;
      const source = (): AsyncIterable<number> => {
        const generator = ticks(1, Infinity, log);
        return {
          [Symbol.asyncIterator]: () => ({
            next: () => generator.next(),
            return: async () => {
              returned++;
              await generator.return(undefined);
              await sleep(5);
              log.push('returned');
              return { value: undefined, done: true };
            },
          }),
        };
      };
      const value = await pipeline(
        source,
        map(async (x) => x),
        buffer(2),
      ).open(async (items) => {
        for await (const item of items) if (item === 2) break;
        log.push('left');
        return 'value';
      });
      expect(value).toBe('value');
      expect(log).toEqual(['left', 'closed', 'returned']);
      expect(returned).toBe(1);
    }),
  );

  it(
    'L-17: closing the channel of open early ends what is above while the body goes on',
    testRun(async () => {
      const log: string[] = [];
      await pipeline(() => ticks(1, Infinity, log)).open(async (items) => {
        await items.receive();
        await items.close();
        await sleep(1);
        expect(log).toEqual(['closed']);
      });
    }),
  );

  it.each(['take', 'cancel', 'failure'])('L-18: lets the finally block of the source wait, after a %s', (how) =>
    testRun(async () => {
      const log: string[] = [];
      async function* source(): AsyncGenerator<number> {
        try {
          for (let index = 0; ; index++) yield index;
        } finally {
          await sleep(500);
          log.push('cleaned up');
        }
      }
      const slow = pipeline(
        source,
        map(async (x) => (x === 3 && how === 'failure' ? await Promise.reject(new RangeError('3')) : x)),
      );
      if (how === 'take') await slow.through(take(2)).drain();
      if (how === 'failure') await slow.drain().catch(() => undefined);
      if (how === 'cancel') await moveOnAfter(100, () => slow.forEach(() => sleepForever()));
      expect(log).toEqual(['cleaned up']);
      expect(currentTime()).toBe(how === 'cancel' ? 600 : 500);
    })(),
  );

  it(
    'L-18: an error of cleaning up is not lost',
    testRun(async () => {
      async function* source(): AsyncGenerator<number> {
        try {
          for (;;) yield 1;
        } finally {
          failWith(new RangeError('the connection is gone'));
        }
      }
      const error = await pipeline(source, take(1))
        .drain()
        .catch((failure: unknown) => failure);
      expect(String(error)).toContain('source: RangeError: the connection is gone');
    }),
  );

  it(
    'L-19: leaves a channel open, unless it belongs to the flow',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(10);
      for (let item = 0; item < 4; item++) send.sendNowait(item);
      await pipeline(receive, take(1)).drain();
      await pipeline(receive).open((items) => items.close());
      send.sendNowait(9);
      expect(receive.statistics().openReceiveChannels).toBe(1);
      const [send2, receive2] = openMemoryChannel<number>(10);
      send2.sendNowait(1);
      expect(await pipeline(closing(receive2), take(1)).toArray()).toEqual([1]);
      expect(receive2.statistics().openReceiveChannels).toBe(0);
    }),
  );
});

describe('the end of the source', () => {
  it(
    'L-20: flushes what sections have kept, from the top down',
    testRun(async () => {
      const flow = pipeline([1, 2, 3, 4, 5], batch({ size: 2 }), window({ size: 2 }), batch({ size: 10 }));
      expect(await flow.toArray()).toEqual([
        [
          [[1, 2]],
          [
            [1, 2],
            [3, 4],
          ],
          [[3, 4], [5]],
        ],
      ]);
      expect(await pipeline([1, 2, 3], batch({ size: 10, within: 1000 })).toArray()).toEqual([[1, 2, 3]]);
      expect(currentTime()).toBe(0);
      expect(await pipeline([1, 2, 3], debounce(1000)).toArray()).toEqual([3]);
      expect(currentTime()).toBe(0);
      expect(await pipeline([1, 2, 3], delay(1000)).toArray()).toEqual([1, 2, 3]);
      expect(currentTime()).toBe(1000);
    }),
  );

  it(
    'L-20: flushes what is below an early end',
    testRun(async () => {
      expect(await pipeline([1, 2, 3, 4], batch({ size: 3 }), take(1), batch({ size: 5 })).toArray()).toEqual([
        [[1, 2, 3]],
      ]);
      expect(await pipeline([1, 2, 3, 4], take(2), batch({ size: 5 })).toArray()).toEqual([[1, 2]]);
    }),
  );

  it(
    'L-21: leaving openPipeline cancels what is left; finished waits for it first',
    testRun(async () => {
      const log: string[] = [];
      await openPipeline(
        pipeline(() => ticks(10, 5, log)),
        async (numbers) => {
          const tap = numbers.tap();
          expect(await tap.receive()).toBe(0);
        },
      );
      expect([currentTime(), log]).toEqual([10, ['closed']]);

      const items: number[] = [];
      await openPipeline(
        pipeline(() => ticks(10, 5)),
        async (numbers) => {
          await openNursery(async (nursery) => {
            const tap = numbers.tap();
            nursery.startSoon(async () => {
              for await (const item of tap) items.push(item);
              await expect(tap.receive()).rejects.toThrow(EndOfChannel);
            });
            await numbers.finished();
          });
        },
      );
      expect(items).toEqual([0, 1, 2, 3, 4]);
    }),
  );
});
