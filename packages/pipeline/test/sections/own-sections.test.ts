import { describe, expect, it } from '@jest/globals';
import { currentTime, EndOfChannel, ExceptionGroup, moveOnAfter, openNursery, sleep, sleepForever } from '@tercet/core';
import { formatTaskTree, taskTree } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { buffer, map, pipeline, take, taskSection, weld, workerSection } from '@tercet/pipeline';
import { FakeExecutor } from '../fake-executor.ts';
import { groupFrom, leavesFrom } from '../failing.ts';
import { CountingSource, ticks } from '../sources.ts';

describe('taskSection', () => {
  it(
    'L-22, L-24: an error of cleaning up comes beside that of a section below, and does not replace it',
    testRun(async () => {
      const cleaning = taskSection<number, number>('cleaning', async (input, emit) => {
        try {
          for await (const item of input) await emit(item);
        } finally {
          // eslint-disable-next-line no-unsafe-finally
          throw new RangeError('cleanup');
        }
      });
      const real = map((): number => {
        throw new TypeError('real');
      });
      const group = await groupFrom(pipeline([1], cleaning, real).drain());
      expect(group.errors).toEqual([new TypeError('real'), new RangeError('cleanup')]);
      expect(group.message).toContain('map#2: TypeError: real; cleaning#1: RangeError: cleanup');
    }),
  );

  it(
    'receives and emits, with an end, and as many as it likes',
    testRun(async () => {
      const doubled = taskSection<number, number>('doubled', async (input, emit) => {
        for (;;) {
          try {
            const item = await input.receive();
            await emit(item);
            await emit(item);
          } catch (error) {
            if (error instanceof EndOfChannel) break;
            throw error;
          }
        }
        await emit(-1);
      });
      expect(await pipeline([1, 2], doubled).toArray()).toEqual([1, 1, 2, 2, -1]);
      expect(await pipeline([1, 2], doubled, doubled, take(3)).toArray()).toEqual([1, 1, 1]);
    }),
  );

  it(
    'emits from several tasks, one at a time',
    testRun(async () => {
      const section = taskSection<number, number>('several', (input, emit) =>
        openNursery((nursery) => {
          for (let worker = 0; worker < 4; worker++) {
            nursery.startSoon(async () => {
              for await (const item of input) await emit(item);
            });
          }
        }),
      );
      const items = await pipeline(
        new CountingSource(100),
        section,
        map(async (x) => x),
        buffer(0),
      ).toArray();
      expect(items.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    }),
  );

  it(
    'may end before its input, which is closed then',
    testRun(async () => {
      const log: string[] = [];
      const first = taskSection<number, number>('first', async (input, emit) => await emit(await input.receive()));
      expect(await pipeline(() => ticks(1, Infinity, log), first).toArray()).toEqual([0]);
      expect(log).toEqual(['closed']);
    }),
  );

  it(
    'cannot catch the error of a section below or above, and is cancelled with it',
    testRun(async () => {
      const stubborn = taskSection<number, number>('stubborn', async (input, emit) => {
        for (;;) {
          try {
            await emit(await input.receive());
          } catch (error) {
            if (error instanceof RangeError || error instanceof EndOfChannel) return;
            throw error;
          }
        }
      });
      const bad = map((): number => {
        throw new RangeError('bad');
      });
      expect((await groupFrom(pipeline([1], stubborn, bad).drain())).message).toContain('map#2');
      expect((await groupFrom(pipeline([1], bad, stubborn).drain())).message).toContain('map#1');
    }),
  );

  it(
    'has a task that is named after it',
    testRun(async () => {
      let tree = '';
      const section = taskSection<number, number>('resize', async (input, emit) => {
        await emit(await input.receive());
        tree = formatTaskTree(taskTree());
      });
      await pipeline([1], section, buffer(1)).drain();
      expect(tree).toContain('resize#1');
    }),
  );
});

describe('workerSection', () => {
  const double = async function* (items: AsyncIterable<number>): AsyncGenerator<number> {
    for await (const item of items) yield 2 * item;
  };

  it(
    'L-75: runs elsewhere, with items streamed in and out',
    testRun(async () => {
      const executor = new FakeExecutor();
      expect(await pipeline([1, 2, 3], workerSection(double, { executor })).toArray()).toEqual([2, 4, 6]);
      expect(executor.running).toBe(0);
      expect(() => workerSection(double, {} as never)).toThrow(/needs an executor/);
    }),
  );

  it(
    'L-75: has ended when its pipeline has been cancelled, or left',
    testRun(async () => {
      const executor = new FakeExecutor();
      const flow = pipeline(() => new CountingSource(), workerSection(double, { executor }));
      await moveOnAfter(5, () => flow.forEach(() => sleepForever()));
      expect(executor.running).toBe(0);
      expect(await flow.through(take(2)).toArray()).toEqual([0, 2]);
      expect(executor.running).toBe(0);
    }),
  );

  it(
    'L-75: the window bounds what is under way',
    testRun(async () => {
      const executor = new FakeExecutor();
      const source = new CountingSource();
      const idle = async function* (items: AsyncIterable<number>): AsyncGenerator<number> {
        for await (const item of items) {
          await sleep(10);
          yield item;
        }
      };
      await pipeline(
        source,
        map((x) => x),
        workerSection(idle, { executor, window: 4 }),
      ).open(async (items) => {
        await sleep(5);
        expect(source.pulled).toBe(4 + 1);
        await items.receive();
      });
      expect(executor.windows).toEqual([4]);
      expect(() => workerSection(double, { executor, window: 0 })).toThrow(RangeError);
    }),
  );

  it(
    'L-75: a worker that dies fails the pipeline, after the items before, and closes the source',
    testRun(async () => {
      const executor = new FakeExecutor();
      const log: string[] = [];
      const seen: number[] = [];
      const call = pipeline(() => ticks(1, Infinity, log), workerSection(double, { executor })).forEach((item) => {
        seen.push(item);
        if (item === 6) executor.kill();
      });
      expect(await leavesFrom(call)).toEqual([new Error('the worker has died')]);
      expect(seen).toEqual([0, 2, 4, 6]);
      expect(log).toEqual(['closed']);
    }),
  );
});

describe('weld', () => {
  it(
    'gives a channel of what comes out, in a nursery',
    testRun(async () => {
      await openNursery(async (nursery) => {
        const left = weld<number>(
          nursery,
          [1, 2, 3],
          map((x: number) => 2 * x),
        );
        const right = weld<number>(nursery, [2, 4, 6]);
        let count = 0;
        for await (const item of left) {
          expect(item).toBe(await right.receive());
          count++;
        }
        expect(count).toBe(3);
        await expect(right.receive()).rejects.toThrow(EndOfChannel);
      });
    }),
  );

  it(
    'closing the channel ends the work',
    testRun(async () => {
      const log: string[] = [];
      await openNursery(async (nursery) => {
        const items = weld<number>(nursery, () => ticks(1, Infinity, log));
        expect(await items.receive()).toBe(0);
        await items.close();
      });
      expect(log).toEqual(['closed']);
      expect(currentTime()).toBeLessThan(3);
    }),
  );

  it(
    'fails the nursery, after the items before the error',
    testRun(async () => {
      const seen: number[] = [];
      const call = openNursery(async (nursery) => {
        const items = weld<number>(
          nursery,
          [1, 2, 3],
          map((x: number) => {
            if (x === 3) throw new RangeError('bad');
            return x;
          }),
        );
        for await (const item of items) {
          seen.push(item);
          await sleep(1);
        }
        seen.push(Infinity);
      });
      const error = await call.catch((failure: unknown) => failure);
      expect((error as ExceptionGroup).leaves()).toEqual([new RangeError('bad')]);
      expect(seen).toEqual([1, 2]);
      await openNursery((nursery) => {
        expect(() => weld(nursery, map(String))).toThrow(/no input/);
      });
    }),
  );
});
