import { describe, expect, it } from '@jest/globals';
import { moveOnAfter, sleep, sleepForever } from '@tercet/core';
import { testRun } from '@tercet/testing';
import {
  batch,
  buffer,
  chain,
  checkpointed,
  delay,
  filter,
  flatMap,
  interleave,
  map,
  merge,
  onError,
  orElse,
  partition,
  pipeline,
  take,
  taskSection,
  workerSection,
  zip,
} from '@tercet/pipeline';
import type { Flow, FlowSource, Section } from '@tercet/pipeline';
import fc from 'fast-check';
import { groupFrom } from '../failing.ts';
import { timed } from '../sources.ts';
import { FakeExecutor } from '../fake-executor.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('checkpointed', () => {
  it(
    'L-76: acknowledges a position only when every earlier item has left the sink',
    testRun(async () => {
      const sections: Record<string, Section<number, unknown>> = {
        none: map((x) => x),
        stages: flatMap((x) => [x, x], { concurrency: 2 }),
        ordered: map(async (x) => (await sleep((x * 7) % 5), x), { concurrency: 4 }),
        unordered: map(async (x) => (await sleep((x * 7) % 5), x), { concurrency: 4, ordered: false }),
        filter: filter((x) => x % 3 === 0),
        batch: batch({ size: 4 }),
        'timed batch': batch({ size: 4, within: 3 }),
        delay: delay(5),
        task: taskSection<number, number>('task', async (input, emit) => {
          for await (const item of input) await emit(item);
        }),
        merge: merge([]),
      };
      for (const [name, section] of Object.entries(sections)) {
        const left = new Set<number>();
        const acked: number[] = [];
        const ack = (position: number): void => {
          for (let earlier = 0; earlier <= position; earlier++) {
            const isDone = left.has(earlier) || (name === 'filter' && earlier % 3 !== 0);
            expect([name, earlier, isDone]).toEqual([name, earlier, true]);
          }
          acked.push(position);
        };
        await pipeline(
          checkpointed(numbers(30), { ack }),
          map((x) => x),
          section,
          buffer(3),
          map(async (x) => x),
        ).forEach(async (item) => {
          await sleep(1);
          for (const each of [item].flat() as number[]) left.add(each);
        });
        expect([name, acked]).toEqual([name, numbers(30)]);
      }
    }),
  );

  it(
    'L-76: not before the sink has returned, and nothing of what is in flight',
    testRun(async () => {
      const acked: number[] = [];
      let seen = 0;
      await moveOnAfter(10, () =>
        pipeline(
          checkpointed(numbers(100), { ack: (position) => acked.push(position) }),
          buffer(5),
          map(async (x) => x),
        ).forEach(async () => {
          if (++seen > 3) await sleepForever();
        }),
      );
      expect(acked).toEqual([0, 1, 2]);
    }),
  );

  it(
    'L-76: with positions of its own, and for the reader of open',
    testRun(async () => {
      const acked: string[] = [];
      const source = checkpointed(['a', 'b', 'c'], {
        ack: (position: string) => acked.push(position),
        position: (item) => `at ${item}`,
      });
      await pipeline(
        source,
        map((x) => x),
      ).open(async (items) => {
        await items.receive();
        await sleep(1);
        expect(acked).toEqual([]);
        await items.receive();
        expect(acked).toEqual(['at a']);
      });
      expect(await pipeline(source, take(2)).count()).toBe(2);
    }),
  );

  it(
    'L-10, L-76: takes no room in a buffer for positions',
    testRun(async () => {
      let made = 0;
      const source = (function* () {
        for (;;) yield made++;
      })();
      const ahead: number[] = [];
      await pipeline(checkpointed(source, { ack: () => undefined }), buffer(5), take(3)).forEach(async (item) => {
        await sleep(1);
        ahead.push(made - item - 1);
      });
      expect(Math.max(...ahead)).toBe(5);
      const acked: number[] = [];
      const dropping = pipeline(
        checkpointed(numbers(10), { ack: (position) => acked.push(position) }),
        buffer(2, { whenFull: 'drop-oldest' }),
      );
      const seen: number[] = [];
      await dropping.forEach(async (item) => {
        await sleep(1);
        seen.push(item);
      });
      expect(seen.slice(-2)).toEqual([8, 9]);
      expect(seen.length).toBeLessThan(4);
      expect(acked.at(-1)).toBe(9);
    }),
  );

  it(
    'L-76: behind a partition at the end',
    testRun(async () => {
      const acked: number[] = [];
      const flow = pipeline(
        checkpointed(numbers(4), { ack: (position) => acked.push(position) }),
        partition(
          (x) => x % 2,
          () => map((x: number) => x),
        ),
      );
      await flow.forEach(() => expect(acked).toEqual([]));
      expect(acked).toEqual([0, 1, 2, 3]);
    }),
  );

  it(
    'L-76: waits for one acknowledgement before it makes the next, in order, also when several workers have results',
    testRun(async () => {
      const acked: number[] = [];
      let isAcknowledging = false;
      const ack = async (position: number): Promise<void> => {
        expect(isAcknowledging).toBe(false);
        isAcknowledging = true;
        await sleep(position % 3);
        isAcknowledging = false;
        acked.push(position);
      };
      await pipeline(
        checkpointed(numbers(40), { ack }),
        map(async (x) => (await sleep((x * 7) % 5), x), { concurrency: 4, ordered: false }),
        batch({ size: 3 }),
      ).drain();
      expect(acked).toEqual(numbers(40));
    }),
  );

  it(
    'L-76: an error of ack fails the pipeline, and a skipped item counts as done',
    testRun(async () => {
      const bad = (): never => {
        throw new RangeError('disk full');
      };
      expect((await groupFrom(pipeline(checkpointed([1, 2], { ack: bad })).drain())).message).toContain(
        'checkpointed: RangeError: disk full',
      );
      const rejecting = (): Promise<never> => Promise.reject(new RangeError('disk full'));
      expect(
        (
          await groupFrom(
            pipeline(
              checkpointed([1, 2], { ack: rejecting }),
              map(async (x) => x),
            ).drain(),
          )
        ).message,
      ).toContain('disk full');
      const acked: number[] = [];
      await pipeline(
        checkpointed(['x', '1'], { ack: (position) => acked.push(position) }),
        map((x) => JSON.parse(x) as number),
        onError('skip'),
      ).drain();
      expect(acked).toEqual([0, 1]);
      expect(() => checkpointed([1], {} as never)).toThrow(TypeError);
    }),
  );

  it('L-76: however long the sections take', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        async (times, concurrency, ordered) => {
          await testRun(async () => {
            const left = new Set<number>();
            const acked: number[] = [];
            const ack = (position: number): void => {
              for (let earlier = 0; earlier <= position; earlier++) expect(left.has(earlier)).toBe(true);
              acked.push(position);
            };
            const flow = pipeline(
              checkpointed(times.keys(), { ack }),
              map(async (x) => (await sleep(times[x]!), x), { concurrency, ordered }),
              batch({ size: 3 }),
            );
            await flow.forEach((items) => items.forEach((item) => left.add(item)));
            expect(acked).toEqual([...times.keys()]);
          })();
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it(
    'L-75, L-76: behind a worker at the end, since it may have items of which it has given nothing',
    testRun(async () => {
      const acked: number[] = [];
      const executor = new FakeExecutor();
      const reading = async function* (items: AsyncIterable<number>): AsyncGenerator<number> {
        // As the executors do, it asks for items before it has worked on those it has.
        const ahead: number[] = [];
        for await (const item of items) if (ahead.push(item) > 3) yield ahead.shift()!;
        yield* ahead;
      };
      await pipeline(
        checkpointed(numbers(8), { ack: (position) => acked.push(position) }),
        workerSection(reading as never, { executor }),
      ).forEach(() => expect(acked).toEqual([]));
      expect(acked).toEqual(numbers(8));
    }),
  );

  it(
    'L-60, L-76: the sources of a combiner acknowledge, too, whatever comes behind it',
    testRun(async () => {
      const acked: number[] = [];
      const source = () => checkpointed(numbers(3), { ack: (position) => acked.push(position) });
      const flows: Record<string, Flow<unknown>> = {
        merge: pipeline(merge(source(), [7])),
        chain: pipeline(chain(source, [7])),
        zip: pipeline(zip(source(), numbers(4))),
        orElse: pipeline([] as number[], orElse(source())),
        buffer: pipeline(merge(source()), buffer(2)),
        async: pipeline(
          merge(source),
          map(async (x) => x),
        ),
        task: pipeline(
          merge(source),
          taskSection<number, number>('task', async (input, emit) => {
            for await (const item of input) await emit(item);
          }),
        ),
      };
      for (const [name, flow] of Object.entries(flows)) {
        acked.length = 0;
        const items = (await flow.toArray()).flat();
        expect([name, items.filter((item) => typeof item !== 'number')]).toEqual([name, []]);
        expect([name, acked]).toEqual([name, [0, 1, 2]]);
      }
    }),
  );

  it(
    'L-76: the reader of open waits for an acknowledgement before it gets the next item, or the end',
    testRun(async () => {
      const log: string[] = [];
      const ack = async (position: number): Promise<void> => {
        await sleep(5);
        log.push(`acked ${position}`);
      };
      await pipeline(checkpointed(numbers(2), { ack })).open(async (items) => {
        for await (const item of items) log.push(`got ${item}`);
      });
      expect(log).toEqual(['got 0', 'acked 0', 'got 1', 'acked 1']);
      const failing = pipeline(
        checkpointed(numbers(2), {
          ack: async () => {
            await sleep(1);
            throw new RangeError('disk full');
          },
        }),
      );
      const call = failing.open(async (items) => {
        for await (const item of items) log.push(`got ${item}`);
      });
      expect((await groupFrom(call)).leaves()).toEqual([new RangeError('disk full')]);
      expect(log.at(-1)).toBe('got 0');
    }),
  );

  it(
    'L-76: an acknowledgement is not cut off by the deadline of a section',
    testRun(async () => {
      const acked: number[] = [];
      const ack = async (position: number): Promise<void> => {
        await sleep(20);
        acked.push(position);
      };
      const source = () =>
        timed([
          [0, 'a'],
          [0, 'b'],
          [0, 'c'],
          [50, 'd'],
        ]);
      await pipeline(checkpointed(source, { ack }), batch({ size: 2, within: 10 })).drain();
      expect(acked).toEqual([0, 1, 2, 3]);
    }),
  );

  it(
    'L-76, L-60: acknowledges the positions of sources inside combiners, and gives items only',
    testRun(async () => {
      const acked: number[] = [];
      const source = (): FlowSource<number> => checkpointed([0, 1, 2], { ack: (position) => acked.push(position) });
      const flows: Record<string, () => Flow<unknown>> = {
        merge: () => pipeline(merge(source(), [7])),
        'merge of functions': () => pipeline(merge(source, [7])),
        'merge of flows': () =>
          pipeline(
            merge(
              pipeline(
                source(),
                map((x) => x + 1),
              ),
              [7],
            ),
          ),
        chain: () => pipeline(chain(source(), [7])),
        zip: () => pipeline(zip(source(), [7, 8, 9])),
        interleave: () => pipeline(interleave(source(), [7])),
        orElse: () => pipeline([] as number[], orElse(source())),
        'chain, with sections below': () => pipeline(chain(source(), [7]), buffer(2), batch({ size: 2 }), map(String)),
      };
      for (const [name, flow] of Object.entries(flows)) {
        acked.length = 0;
        const items = await flow().toArray();
        expect([name, acked]).toEqual([name, [0, 1, 2]]);
        expect(items.flat().every((item) => typeof item !== 'object')).toBe(true);
      }
    }),
  );

  it(
    'L-76: an item is not lost when its reader is cancelled while it waits for an acknowledgement',
    testRun(async () => {
      const seen: number[] = [];
      const ack = (): Promise<void> => sleep(10);
      await pipeline(checkpointed([0, 1, 2], { ack })).open(async (items) => {
        seen.push(await items.receive());
        await moveOnAfter(5, () => items.receive());
        for await (const item of items) seen.push(item);
      });
      expect(seen).toEqual([0, 1, 2]);
    }),
  );
});
