import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  Cancelled,
  CancelScope,
  currentTime,
  failAfter,
  moveOnAfter,
  sleep,
  sleepForever,
  TooSlowError,
} from '@tercet/core';
import { openMemoryChannel } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { buffer, map, pipeline, take, taskSection } from '@tercet/pipeline';
import { CountingSource, ticks } from '../sources.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('cancelling', () => {
  it(
    'L-31: the consumer ends every stage in the same instant, and nothing runs after',
    testRun(async () => {
      const log: string[] = [];
      const note = (name: string) => async (item: number) => {
        try {
          await sleep(10);
          log.push(name);
          return item;
        } catch (error) {
          log.push(`${name} ends at ${currentTime()}`);
          throw error;
        }
      };
      await moveOnAfter(45, () =>
        pipeline(
          () => ticks(10, Infinity, log),
          map(note('a')),
          map(note('b'), { concurrency: 2 }),
          map(note('c')),
        ).drain(),
      );
      const until = log.length;
      expect(log.filter((line) => line.includes('ends')).sort()).toEqual([
        'a ends at 45',
        'b ends at 45',
        'c ends at 45',
      ]);
      expect(log).toContain('closed');
      await sleep(1000);
      expect(log.length).toBe(until);
    }),
  );

  it(
    'L-31: a loop over a source that never waits ends, too',
    testRun(async () => {
      const scope = new CancelScope();
      const source = new CountingSource();
      await scope.run(() =>
        pipeline(source).forEach((item) => {
          if (item === 1000) scope.cancel();
        }),
      );
      expect(scope.cancelledCaught).toBe(true);
      expect(source.returned).toBe(1);
    }),
  );

  it(
    'L-31: an async source is not asked again when its own item has cancelled the pipeline',
    testRun(async () => {
      const scope = new CancelScope();
      const log: string[] = [];
      let seen = 0;
      await scope.run(() =>
        pipeline(() => ticks(1, Infinity, log)).forEach((item) => {
          seen++;
          if (item === 2) scope.cancel();
        }),
      );
      expect(seen).toBe(3);
      expect(log).toEqual(['closed']);
    }),
  );

  it(
    'L-32: a deadline leaves a channel usable, and loses no more than what is in flight',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(100);
      for (let item = 0; item < 100; item++) send.sendNowait(item);
      const seen: number[] = [];
      const flow = pipeline(
        receive,
        map(async (item) => item),
        buffer(5),
      );
      const call = failAfter(10, () =>
        flow.forEach(async (item) => {
          await sleep(3);
          seen.push(item);
        }),
      );
      await expect(call).rejects.toThrow(TooSlowError);
      send.close();
      const rest = await pipeline(receive).toArray();
      expect(seen).toEqual([0, 1, 2]);
      // Five in the buffer, one at the consumer.
      expect(rest).toEqual(Array.from({ length: 100 - 9 }, (_, index) => index + 9));
    }),
  );

  it(
    'L-32: says in the reason how many items a deadline has lost',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(100);
      for (let item = 0; item < 100; item++) send.sendNowait(item);
      const reasons: unknown[] = [];
      const flow = pipeline(
        receive,
        buffer(5),
        map(async (item) => item, { concurrency: 1 }),
        buffer(2),
      );
      await moveOnAfter(10, async () => {
        try {
          await flow.forEach(() => sleep(100));
        } catch (error) {
          reasons.push((error as Cancelled).reason);
          throw error;
        }
      });
      const next = await receive.receive();
      // All that were taken, but the one at the consumer.
      expect(reasons).toEqual([`${next - 1} items were in flight`]);
    }),
  );

  it(
    'L-32: says how many items were in flight, to whom it cancels',
    testRun(async () => {
      let reason: string | undefined;
      const section = taskSection<number, number>('watched', async (input, emit) => {
        try {
          for await (const item of input) await emit(item);
        } catch (error) {
          if (error instanceof Cancelled) reason = error.reason;
          throw error;
        }
      });
      await pipeline(new CountingSource(), section, buffer(5)).open(async (items) => {
        await items.receive();
        await sleep(1);
      });
      expect(reason).toMatch(/5 items were in flight/);
    }),
  );

  it(
    'L-33: does not wait for a source whose next() never settles: it is left behind after the grace, with a warning',
    testRun(async () => {
      const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      const stuck = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<IteratorResult<number>>(() => undefined),
          return: () => new Promise<IteratorResult<number>>(() => undefined),
        }),
      };
      await moveOnAfter(10, () =>
        pipeline(
          stuck,
          map((x) => x),
        ).drain(),
      );
      expect(currentTime()).toBe(1010);
      expect(warn.mock.calls).toEqual([
        [expect.stringMatching(/has not ended within 1000 ms/), 'TercetPipelineWarning'],
      ]);
    }),
  );

  it(
    'L-33: a source that can be stopped by return() is, at once',
    testRun(async () => {
      const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      let end: (result: IteratorResult<number>) => void = () => undefined;
      const source = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<IteratorResult<number>>((resolve) => (end = resolve)),
          return: async () => {
            const done = { value: undefined, done: true as const };
            end(done);
            return done;
          },
        }),
      };
      await moveOnAfter(10, () => pipeline(source).drain());
      expect(currentTime()).toBe(10);
      expect(warn).not.toHaveBeenCalled();
    }),
  );

  it(
    'L-38: after the consumer has left, no call is begun',
    testRun(async () => {
      let calls = 0;
      const flow = pipeline(
        new CountingSource(),
        map(async (x) => (calls++, await sleep(1), x), { concurrency: 3 }),
      );
      await flow.through(take(2)).drain();
      const until = calls;
      await sleep(100);
      expect(calls).toBe(until);
      expect(calls).toBeLessThanOrEqual(2 + 3 + 3);
      await flow.open(async (items) => await items.receive());
      const after = calls;
      await sleep(100);
      expect(calls).toBe(after);
      await moveOnAfter(5, () => flow.forEach(() => sleepForever()));
    }),
  );
});
