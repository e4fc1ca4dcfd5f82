import { describe, expect, it } from '@jest/globals';
import { StateError } from '@tercet/core';
import { openMemoryChannel } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import {
  batch,
  filter,
  Flow,
  map,
  merge,
  onError,
  pipeline,
  retry,
  section,
  take,
  type Section,
  type Source,
} from '@tercet/pipeline';
import { inspect } from 'node:util';

describe('a flow', () => {
  it(
    'L-1: does nothing until it is consumed',
    testRun(async () => {
      const log: string[] = [];
      const source = {
        [Symbol.iterator]() {
          log.push('opened');
          return [1, 2][Symbol.iterator]();
        },
      };
      const flow = pipeline(
        source,
        map((item) => {
          log.push(`mapped ${item}`);
          return item;
        }),
      ).through(take(1));
      await Promise.resolve();
      expect(log).toEqual([]);
      await flow.drain();
      expect(log).toEqual(['opened', 'mapped 1']);
    }),
  );

  it('L-1: can be made outside of a run, and consumed only inside', async () => {
    const flow = pipeline([1]);
    await expect(flow.toArray()).rejects.toThrow(StateError);
  });

  it(
    'L-2: gives the same each time, from an array and from a function that makes a source',
    testRun(async () => {
      const fromArray = pipeline([1, 2], map(String));
      const fromFunction = pipeline(function* () {
        yield 1;
        yield 2;
      }, map(String));
      for (const flow of [fromArray, fromFunction]) {
        expect(await flow.toArray()).toEqual(['1', '2']);
        expect(await flow.toArray()).toEqual(['1', '2']);
      }
    }),
  );

  it(
    'L-2: keeps the state of its sections apart for each time it is consumed',
    testRun(async () => {
      const flow = pipeline([1, 2, 3], take(2), batch({ size: 5 }));
      expect(await flow.toArray()).toEqual([[1, 2]]);
      expect(await flow.toArray()).toEqual([[1, 2]]);
    }),
  );

  it.each<[string, () => Source<number>]>([
    [
      'a generator',
      () =>
        (function* () {
          yield 1;
        })(),
    ],
    [
      'an async generator',
      () =>
        (async function* () {
          yield 1;
        })(),
    ],
  ])('L-2: refuses to be consumed a second time when its source is %s that can be read once', (_, make) =>
    testRun(async () => {
      const flow = pipeline(make(), map(String));
      expect(await flow.toArray()).toEqual(['1']);
      const [error] = await leaves(flow.through(take(1)).toArray());
      expect(error).toBeInstanceOf(StateError);
      expect(error).toMatchObject({ message: expect.stringContaining('a function that makes a new one') });
    })(),
  );

  it('shows its sections', () => {
    expect(inspect(pipeline([1], map(String), take(1)))).toContain('Flow with map, take');
  });

  it('cannot be iterated, and says what to do', () => {
    const flow: object = pipeline([1]);
    expect(() => (flow as AsyncIterable<number>)[Symbol.asyncIterator]()).toThrow(/flow\.open/);
    expect(() => new (Flow as never as new () => unknown)()).toThrow(TypeError);
  });
});

describe('bad arguments', () => {
  const anyPipeline = pipeline as (...args: unknown[]) => unknown;

  it('L-4: names the position of what is not a section', () => {
    expect(() => anyPipeline([1], map(String), 5)).toThrow(/argument 3 is not a section, but 5/);
    expect(() => anyPipeline([1], undefined)).toThrow(/argument 2/);
    expect(() => anyPipeline([1], (x: number) => x)).toThrow(/argument 2 is a function and not a section; write map/);
    expect(() => (section as (...args: unknown[]) => unknown)(map(String), null)).toThrow(/argument 2/);
    expect(() => (pipeline([1]).through as (...args: unknown[]) => unknown)({})).toThrow(/argument 1/);
  });

  it('L-5: names merge and chain for a source in the middle', () => {
    const [, receive] = openMemoryChannel<number>(1);
    for (const source of [[2], pipeline([2]), receive, new Set([1])]) {
      expect(() => anyPipeline([1], source)).toThrow(TypeError);
      expect(() => anyPipeline([1], source)).toThrow(/merge\(\) or chain\(\)/);
    }
  });

  it(
    'L-5: takes a combiner in the middle, which is both',
    testRun(async () => {
      const items = await pipeline([1], merge([2])).toArray();
      expect(new Set(items)).toEqual(new Set([1, 2]));
    }),
  );

  it('L-7: says "no input" where there is no source', () => {
    expect(() => anyPipeline()).toThrow(TypeError);
    expect(() => anyPipeline()).toThrow(/no input/);
    expect(() => anyPipeline(map(String), map(String))).toThrow(/no input; the first argument is the section map\(\)/);
    expect(() => anyPipeline(5)).toThrow(/must be a source .* not 5/);
  });

  it('refuses a policy that has nothing to apply to', () => {
    expect(() => pipeline([1], onError('skip'))).toThrow(/onError\(\) belongs after a section/);
    expect(() => pipeline([1], batch({ size: 1 }), retry())).toThrow(/retry\(\) belongs after .* batch does not/);
  });

  it(
    'fails with the error of a function that should make a source, and with its name',
    testRun(async () => {
      const flow = pipeline((): number[] => {
        throw new RangeError('no file');
      });
      const error = await flow.toArray().catch((failure: unknown) => failure);
      expect(String(error)).toMatch(/failed in source: RangeError: no file/);
      const wrong = pipeline((() => 5) as never as () => number[]);
      expect(await leaves(wrong.drain())).toEqual([expect.any(TypeError)]);
    }),
  );
});

describe('section', () => {
  it(
    'L-6: gives what its parts give in place, and counts like them in names',
    testRun(async () => {
      const parse = (text: string): number => {
        if (text === 'x') throw new SyntaxError('not a number');
        return Number(text);
      };
      const parts = [map(parse), filter((item: number) => item > 1)] as const;
      const together: Section<string, number> = section(...parts);
      expect(await pipeline(['1', '2'], together, map(String)).toArray()).toEqual(
        await pipeline(['1', '2'], ...parts, map(String)).toArray(),
      );
      const inner = await pipeline(['x'], together, map(String)).toArray().catch(String);
      expect(inner).toBe(
        await pipeline(['x'], ...parts, map(String))
          .toArray()
          .catch(String),
      );
      expect(inner).toContain("map#1 'parse'");
    }),
  );
});

async function leaves(call: Promise<unknown>): Promise<unknown[]> {
  const error = await call.catch((failure: unknown) => failure);
  return (error as AggregateError).errors as unknown[];
}
