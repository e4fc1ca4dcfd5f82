import { describe, expect, it } from '@jest/globals';
import {
  abandonable,
  Cancelled,
  checkpoint,
  currentTime,
  ExceptionGroup,
  moveOnAfter,
  openNursery,
  sleep,
  sleepForever,
} from '@tercet/core';
import { openMemoryChannel } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { buffer, filter, map, merge, onError, openPipeline, pipeline, retry, tap, taskSection } from '@tercet/pipeline';
import type { FailedItem, Flow, Section } from '@tercet/pipeline';
import { groupFrom, leavesFrom } from '../failing.ts';
import { ticks } from '../sources.ts';

const failWith = (error: Error): never => {
  throw error;
};

const failingAt = (bad: number) =>
  function parse(item: number): number {
    if (item === bad) throw new RangeError(`bad ${item}`);
    return item;
  };

describe('an error of a section', () => {
  const kinds: Record<string, Section<number, number>> = {
    map: map(failingAt(3)),
    'async map': map(async (item: number) => failingAt(3)(item)),
    'concurrent map': map(
      async function parse(item: number) {
        return failingAt(3)(item);
      },
      { concurrency: 4 },
    ),
    filter: filter(function parse(item: number) {
      return failingAt(3)(item) >= 0;
    }),
    tap: tap(failingAt(3)),
    'task section': taskSection<number, number>('parse', async (input, emit) => {
      for await (const item of input) await emit(failingAt(3)(item));
    }),
  };

  it.each(Object.entries(kinds))(
    'L-22, L-25: in a %s cancels the others, names the section, and comes after the items before it',
    (_, section) =>
      testRun(async () => {
        const items: number[] = [];
        const log: string[] = [];
        const error = await groupFrom(
          pipeline(
            () => ticks(1, Infinity, log),
            map((x) => x),
            section,
            buffer(3),
            map(async (x) => x),
          ).forEach((item) => items.push(item)),
        );
        expect(items).toEqual([0, 1, 2]);
        expect(error.errors).toEqual([new RangeError('bad 3')]);
        expect(error.message).toMatch(/the pipeline has failed in (\w+#2( 'parse')?|parse#2): RangeError: bad 3/);
        expect(log).toEqual(['closed']);
      })(),
  );

  it(
    'L-22: names map, its place and its function',
    testRun(async () => {
      const error = await groupFrom(
        pipeline(
          [1],
          map((x) => x),
          map(failingAt(1)),
        ).drain(),
      );
      expect(error.message).toBe("the pipeline has failed in map#2 'parse': RangeError: bad 1");
    }),
  );

  it(
    'L-22: of the source and of the consumer come in a group, too',
    testRun(async () => {
      const source = function* (): Generator<number> {
        yield 1;
        throw new TypeError('no more');
      };
      const items: number[] = [];
      expect((await groupFrom(pipeline(source).forEach((x) => items.push(x)))).message).toContain(
        'source: TypeError: no more',
      );
      expect(items).toEqual([1]);
      expect((await groupFrom(pipeline([1]).forEach(failingAt(1)))).message).toContain('forEach: RangeError: bad 1');
      expect((await groupFrom(pipeline([1]).reduce(failingAt(0), 0))).message).toContain('reduce: RangeError');
      const open = pipeline([1]).open(async (channel) => failingAt(await channel.receive())(1));
      expect((await groupFrom(open)).message).toContain('open: RangeError: bad 1');
    }),
  );

  it(
    'L-22: cancels the body of open, after the items before it',
    testRun(async () => {
      const log: unknown[] = [];
      const call = pipeline([1, 2, 3], map(failingAt(3))).open(async (items) => {
        try {
          for await (const item of items) log.push(item);
          log.push('looks complete');
        } catch (error) {
          log.push(error instanceof Cancelled);
          throw error;
        }
      });
      expect(await leavesFrom(call)).toEqual([new RangeError('bad 3')]);
      expect(log).toEqual([1, 2, true]);
    }),
  );

  it(
    'L-23: two independent failures are both in the group',
    testRun(async () => {
      const source = async function* (): AsyncGenerator<number> {
        try {
          yield* ticks(1);
        } finally {
          failWith(new TypeError('cannot close'));
        }
      };
      const leaves = await leavesFrom(pipeline(source, map(failingAt(2))).drain());
      expect(leaves).toEqual([new RangeError('bad 2'), new TypeError('cannot close')]);
      const both = pipeline(
        [1, 2],
        map(
          async (item) => {
            await sleep(1);
            throw new RangeError(`bad ${item}`);
          },
          { concurrency: 2 },
        ),
      );
      expect(await leavesFrom(both.drain())).toEqual([new RangeError('bad 1'), new RangeError('bad 2')]);
    }),
  );

  it(
    'L-24: is not replaced by the cancellation that it causes, or that comes at the same time',
    testRun(async () => {
      const fails = pipeline(
        [1],
        map(async () => {
          try {
            await sleepForever();
          } finally {
            failWith(new RangeError('real'));
          }
        }),
      );
      let error: unknown;
      let remains: unknown;
      await moveOnAfter(1, async () => {
        try {
          await fails.drain();
        } catch (thrown) {
          error = thrown;
          throw thrown;
        }
      }).then(undefined, (rest: unknown) => (remains = rest));
      expect((remains as ExceptionGroup).leaves()).toEqual([new RangeError('real')]);
      expect((error as ExceptionGroup).leaves()).toContainEqual(new RangeError('real'));
    }),
  );

  it(
    'L-24: a failure that has not come down when the consumer is cancelled is thrown all the same',
    testRun(async () => {
      const flow = pipeline([1, 2], map(failingAt(2)), buffer(5));
      const rest = await moveOnAfter(5, () => flow.forEach(() => sleepForever())).catch((error: unknown) => error);
      expect((rest as ExceptionGroup).leaves()).toEqual([new RangeError('bad 2')]);
    }),
  );

  it(
    'L-24: a Cancelled from elsewhere is a failure with a name, and no end',
    testRun(async () => {
      await openNursery(async (nursery) => {
        const other = nursery.startSoon(sleepForever);
        other.cancel('elsewhere');
        const error = await groupFrom(
          pipeline(
            [1],
            map(async () => await other.result()),
          ).drain(),
        );
        expect(error.message).toContain('map#1');
        expect(error.errors[0]).toBeInstanceOf(Cancelled);
      });
    }),
  );

  it(
    'L-25: with several calls at a time, those before it are finished first',
    testRun(async () => {
      const items: number[] = [];
      const flow = pipeline(
        [0, 1, 2, 3, 4],
        map(
          async (item) => {
            await sleep(item === 3 ? 1 : 100 - item);
            return failingAt(3)(item);
          },
          { concurrency: 5 },
        ),
      );
      expect(await leavesFrom(flow.forEach((item) => items.push(item)))).toEqual([new RangeError('bad 3')]);
      expect(items).toEqual([0, 1, 2]);
    }),
  );

  it(
    'L-25: without order, at once',
    testRun(async () => {
      const flow = pipeline(
        [0, 1],
        map(
          async (item) => {
            await sleep(item === 1 ? 1 : 1000);
            return failingAt(1)(item);
          },
          { concurrency: 2, ordered: false },
        ),
      );
      await leavesFrom(flow.drain());
      expect(currentTime()).toBe(1);
    }),
  );
});

describe('onError', () => {
  const flows: Record<string, (handling: never) => Flow<number>> = {
    'a section after map': (handling) => pipeline([1, 2, 3], map(failingAt(2)), onError(handling)),
    'a section after an async map': (handling) =>
      pipeline(
        [1, 2, 3],
        map(async (x) => failingAt(2)(x)),
        onError(handling),
      ),
    'a section after filter': (handling) =>
      pipeline(
        [1, 2, 3],
        filter((x) => failingAt(2)(x) > 0),
        onError(handling),
      ),
    'an option of map': (handling) => pipeline([1, 2, 3], map(failingAt(2), { onError: handling })),
    'an option of a concurrent map': (handling) =>
      pipeline([1, 2, 3], map(failingAt(2), { onError: handling, concurrency: 3 })),
  };

  it.each(Object.entries(flows))('L-26: "skip" as %s drops only that item', (_, flowOf) =>
    testRun(async () => {
      expect(await flowOf('skip' as never).toArray()).toEqual([1, 3]);
    })(),
  );

  it.each(Object.entries(flows))('L-27: a channel given to %s gets the item and the error', (_, flowOf) =>
    testRun(async () => {
      const [send, receive] = openMemoryChannel<FailedItem<number>>(5);
      expect(await flowOf({ to: send } as never).toArray()).toEqual([1, 3]);
      expect(receive.receiveNowait()).toEqual({ item: 2, error: new RangeError('bad 2') });
    })(),
  );

  it.each(Object.entries(flows))('L-27: a function given to %s gets both, and its own error counts', (_, flowOf) =>
    testRun(async () => {
      const seen: unknown[] = [];
      expect(await flowOf(((error: unknown, item: unknown) => seen.push(error, item)) as never).toArray()).toEqual([
        1, 3,
      ]);
      expect(seen).toEqual([new RangeError('bad 2'), 2]);
      const failing = flowOf((() => {
        throw new TypeError('worse');
      }) as never);
      expect(await leavesFrom(failing.toArray())).toEqual([new TypeError('worse')]);
      expect(await leavesFrom(flowOf('fail' as never).toArray())).toEqual([new RangeError('bad 2')]);
    })(),
  );

  it(
    'L-26: does not take errors of the sections that follow for its own',
    testRun(async () => {
      const flow = pipeline([1, 2, 3], map(failingAt(1)), onError('skip'), map(failingAt(2)));
      expect(await leavesFrom(flow.toArray())).toEqual([new RangeError('bad 2')]);
      const after = pipeline([1, 2, 3], map(failingAt(1)), map(failingAt(2)), onError('skip'));
      expect(await leavesFrom(after.toArray())).toEqual([new RangeError('bad 1')]);
    }),
  );

  it(
    'L-29: never sees the Cancelled of its own scope',
    testRun(async () => {
      const seen: unknown[] = [];
      for (const section of [
        map(async () => await sleepForever()),
        map(() => sleepForever()),
        map(async () => await sleepForever(), { concurrency: 2 }),
      ]) {
        const flow = pipeline(
          [1, 2],
          section,
          retry({ attempts: 5, backoff: 0 }),
          onError((error) => seen.push(error)),
        );
        await moveOnAfter(1, () => flow.drain());
      }
      expect(seen).toEqual([]);
      expect(currentTime()).toBe(3);
    }),
  );
});

describe('retry', () => {
  const failingTimes = (times: number, log: string[] = []) => {
    const left = new Map<number, number>();
    return (item: number): number => {
      const rest = left.get(item) ?? times;
      left.set(item, rest - 1);
      log.push(`${item} at ${currentTime()}`);
      if (rest > 0 && item % 2 === 0) throw new RangeError(`bad ${item}`);
      return item;
    };
  };

  it.each<[string, (log: string[]) => Flow<number>]>([
    ['a section', (log) => pipeline([1, 2, 3], map(failingTimes(2, log)), retry({ attempts: 3, backoff: 100 }))],
    ['an option', (log) => pipeline([1, 2, 3], map(failingTimes(2, log), { retry: { attempts: 3, backoff: 100 } }))],
    [
      'a section of filter',
      (log) => pipeline([1, 2, 3], filter(failingTimes(2, log)), retry({ attempts: 3, backoff: 100 })),
    ],
  ])('L-28: as %s repeats that item after a pause on the clock of the run, in order', (_, flowOf) =>
    testRun(async () => {
      const log: string[] = [];
      expect(await flowOf(log).toArray()).toEqual([1, 2, 3]);
      expect(log).toEqual(['1 at 0', '2 at 0', '2 at 100', '2 at 300', '3 at 300']);
    })(),
  );

  it(
    'L-28: keeps the order with several calls at a time',
    testRun(async () => {
      const flow = pipeline(
        [2, 1, 4, 3],
        map(failingTimes(1), { concurrency: 4, retry: { backoff: (attempt) => attempt * 10 } }),
      );
      expect(await flow.toArray()).toEqual([2, 1, 4, 3]);
      expect(currentTime()).toBe(20);
    }),
  );

  it(
    'L-28: gives up after the last attempt, and at once where the options say so',
    testRun(async () => {
      const log: string[] = [];
      await leavesFrom(pipeline([2], map(failingTimes(9, log)), retry({ attempts: 2, backoff: 5 })).drain());
      expect(log).toEqual(['2 at 0', '2 at 5']);
      const error = await leavesFrom(
        pipeline([2], map(failingTimes(9)), retry({ when: (error) => error instanceof TypeError })).drain(),
      );
      expect(error).toEqual([new RangeError('bad 2')]);
      expect(() => retry({ jitter: 2 })).toThrow(RangeError);
      expect(() => retry({ attempts: 0 })).toThrow(RangeError);
    }),
  );

  it(
    'L-28: shortens pauses at random, by jitter',
    testRun(async () => {
      await pipeline([2], map(failingTimes(1)), retry({ backoff: 1000, jitter: 0.5 })).drain();
      expect(currentTime()).toBeGreaterThanOrEqual(500);
      expect(currentTime()).toBeLessThanOrEqual(1000);
    }),
  );
});

describe('a consumer of a tap', () => {
  it(
    'L-30: that throws only closes its tap when it lives in its own nursery',
    testRun(async () => {
      const good: number[] = [];
      await openPipeline(pipeline([1, 2, 3, 4]), async (numbers) => {
        const [bad, other] = [numbers.tap(), numbers.tap()];
        await openNursery(async (nursery) => {
          nursery.startSoon(async () => {
            using _ = bad;
            await openNursery(async (own) => {
              own.startSoon(async () => {
                await bad.receive();
                throw new RangeError('mine');
              });
            }).catch(() => undefined);
          });
          nursery.startSoon(async () => {
            for await (const item of other) good.push(item);
          });
        });
      });
      expect(good).toEqual([1, 2, 3, 4]);
    }),
  );

  it(
    'L-30: that throws elsewhere ends all',
    testRun(async () => {
      const log: string[] = [];
      const call = openPipeline(
        pipeline(() => ticks(1, Infinity, log)),
        async (numbers) => {
          for await (const item of numbers.tap()) if (item === 2) throw new RangeError('mine');
        },
      );
      expect(await leavesFrom(call)).toEqual([new RangeError('mine')]);
      expect(log).toEqual(['closed']);
    }),
  );

  it(
    'L-22: gets the items before a failure, and is cancelled then',
    testRun(async () => {
      const items: number[] = [];
      const call = openPipeline(pipeline([1, 2, 3], map(failingAt(3))), async (numbers) => {
        for await (const item of numbers.tap({ buffer: 10 })) {
          items.push(item);
          await checkpoint();
        }
        items.push(Infinity);
      });
      expect(await leavesFrom(call)).toEqual([new RangeError('bad 3')]);
      expect(items).toEqual([1, 2]);
      const idle = openPipeline(pipeline([1], map(failingAt(1))), async (numbers) => {
        numbers.start();
        await sleepForever();
      });
      expect(await leavesFrom(idle)).toEqual([new RangeError('bad 1')]);
    }),
  );
});

it(
  'L-24: an error of a foreign promise arrives as it is',
  testRun(async () => {
    const failure = new Error('foreign');
    const call = pipeline(
      [1],
      map(() => abandonable(Promise.reject(failure))),
    ).drain();
    expect(await leavesFrom(call)).toEqual([failure]);
    expect(merge([1])).toBeDefined();
  }),
);
