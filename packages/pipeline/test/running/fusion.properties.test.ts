import { expect, it } from '@jest/globals';
import { CancelScope, checkpoint, ExceptionGroup, isCancelled, sleep } from '@tercet/core';
import { testRun } from '@tercet/testing';
import {
  append,
  batch,
  buffer,
  changes,
  distinct,
  filter,
  flatMap,
  insert,
  map,
  onError,
  pairwise,
  pipeline,
  retry,
  scan,
  section,
  skip,
  skipWhile,
  take,
  takeWhile,
  tap,
  window,
} from '@tercet/pipeline';
import type { Flow, Section } from '@tercet/pipeline';
import fc from 'fast-check';

// A pipeline is drawn as data. It runs as it is, and with a hand-over after each section, and with other buffers; all of
// them have to give the same items, to fail with the same error after them, and to call the functions of each section with
// the same items in the same order, up to the end.

/** How long each property is tried at most, in milliseconds. */
const LONGEST = process.env['TERCET_SOAK'] === undefined ? 60_000 : 1_800_000;

type Kind = { readonly kind: string; readonly n: number; readonly bad: number | undefined; readonly isAsync: boolean };

interface Program {
  readonly source: 'array' | 'generator' | 'async generator';
  readonly count: number;
  readonly sourceFailsAt: number | undefined;
  readonly sections: readonly Kind[];
  readonly consumer: 'toArray' | 'open' | 'forEach';
  /** After how many items the consumer fails, or leaves. */
  readonly stopsAt: number | undefined;
  readonly isCancelled: boolean;
}

const kinds = [
  'map',
  'filter',
  'tap',
  'flatMap',
  'skip',
  'skipWhile',
  'take',
  'takeWhile',
  'changes',
  'distinct',
  'scan',
  'pairwise',
  'batch',
  'window',
  'insert',
  'append',
  'onError',
  'retry',
  'concurrent map',
  'timed batch',
];

const program: fc.Arbitrary<Program> = fc.record({
  source: fc.constantFrom('array', 'generator', 'async generator'),
  count: fc.integer({ min: 0, max: 90 }),
  sourceFailsAt: fc.option(fc.integer({ min: 0, max: 90 }), { nil: undefined, freq: 3 }),
  sections: fc.array(
    fc.record({
      kind: fc.constantFrom(...kinds),
      n: fc.integer({ min: 0, max: 6 }),
      bad: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined, freq: 3 }),
      isAsync: fc.boolean(),
    }),
    { maxLength: 7 },
  ),
  consumer: fc.constantFrom('toArray', 'open', 'forEach'),
  stopsAt: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined, freq: 3 }),
  isCancelled: fc.boolean(),
});

interface Outcome {
  readonly items: readonly string[];
  readonly error: string | undefined;
  readonly calls: readonly (readonly string[])[];
}

/** Reduces an item to a number, in whatever form sections have put it. */
const valueOf = (item: unknown): number =>
  Array.isArray(item) ? item.reduce((sum: number, each) => sum + valueOf(each), 1) : Number(item);

/** The sections of one kind; each call of a user's function is written down. */
function sectionOf({ kind, n, bad, isAsync }: Kind, calls: string[]): Section<unknown, unknown> {
  const called = <R>(item: unknown, result: R): R | Promise<R> => {
    calls.push(JSON.stringify(item));
    if (bad !== undefined && valueOf(item) === bad)
      throw new RangeError(`${kind} does not take ${JSON.stringify(item)}`);
    return isAsync ? checkpoint().then(() => result) : result;
  };
  switch (kind) {
    case 'map':
      return isAsync ? map(async (item) => await called(item, item)) : map((item) => called(item, item));
    case 'concurrent map':
      return map(
        async (item) => {
          if (n > 2) await sleep(valueOf(item) % n);
          return await called(item, item);
        },
        { concurrency: n + 1 },
      );
    case 'filter':
      return filter((item) => called(item, valueOf(item) % (n + 2) !== 0));
    case 'tap':
      return tap((item) => called(item, undefined));
    case 'flatMap':
      return flatMap((item) => called(item, Array(n % 4).fill(item) as unknown[]));
    case 'skip':
      return skip(n);
    case 'skipWhile':
      return skipWhile((item) => called(item, valueOf(item) < n));
    case 'take':
      return take(n * 3);
    case 'takeWhile':
      return takeWhile((item) => called(item, valueOf(item) % 17 !== n));
    case 'changes':
      return changes({ by: (item) => valueOf(item) >> 1 });
    case 'distinct':
      return distinct({ by: (item) => valueOf(item) % (n + 3), max: n + 1 });
    case 'scan':
      return scan((sum: number, item) => called(item, (sum + valueOf(item)) % 50), n);
    case 'pairwise':
      return pairwise();
    case 'batch':
      return batch({ size: n + 1 });
    case 'timed batch':
      return batch({ size: n + 1, within: 1_000_000 });
    case 'window':
      return window({ size: n + 1 });
    case 'insert':
      return insert<unknown>(...Array<number>(n % 3).fill(n));
    case 'append':
      return append<unknown>(...Array<number>(n % 3).fill(n));
    case 'onError':
      return section(
        map((item) => called(item, item)),
        onError('skip'),
      );
    default:
      return section(
        map((item) => called(item, item)),
        retry({ attempts: 2, backoff: 1 }),
      );
  }
}

function* items({ count, sourceFailsAt }: Program): Generator<number> {
  for (let item = 0; item < count; item++) {
    if (item === sourceFailsAt) throw new TypeError(`the source fails at ${item}`);
    yield item;
  }
}

function sourceOf(drawn: Program): () => Iterable<number> | AsyncIterable<number> {
  switch (drawn.source) {
    case 'array':
      return () => Array.from({ length: drawn.count }, (_, index) => index);
    case 'generator':
      return () => items(drawn);
    case 'async generator':
      return async function* () {
        for (const item of items(drawn)) {
          await checkpoint();
          yield item;
        }
      };
  }
}

async function outcomeOf(drawn: Program, between: (index: number) => Section<unknown, unknown>[]): Promise<Outcome> {
  const calls = drawn.sections.map((): string[] => []);
  const sections = drawn.sections.flatMap((kind, index) => [sectionOf(kind, calls[index]!), ...between(index)]);
  let flow: Flow<unknown> = pipeline(sourceOf(drawn)).through(map((item: unknown) => item));
  for (const each of sections) flow = flow.through(each);
  const seen: string[] = [];
  const scope = new CancelScope();
  const see = (item: unknown): void => {
    seen.push(JSON.stringify(item));
    if (seen.length !== drawn.stopsAt) return;
    if (drawn.isCancelled) scope.cancel();
    else if (drawn.consumer !== 'open') throw new EvalError('the consumer fails');
  };
  let error: string | undefined;
  try {
    await scope.run(async () => {
      if (drawn.consumer === 'toArray') await flow.through(tap(see)).toArray();
      else if (drawn.consumer === 'forEach') await flow.forEach(see);
      else {
        await flow.open(async (channel) => {
          for await (const item of channel) {
            see(item);
            if (seen.length === drawn.stopsAt && !drawn.isCancelled) break;
          }
        });
      }
    });
  } catch (thrown) {
    // The first is the one that has come down in order; others may have happened beside it.
    const failures = (thrown as ExceptionGroup).leaves().filter((each) => !isCancelled(each));
    error = String(failures[0]);
  }
  if (scope.cancelledCaught) error = 'cancelled';
  return { items: seen, error, calls };
}

/** Everything that happened up to the end of one run has happened in the other; behind an end, one may be ahead. */
function expectSame(fused: Outcome, other: Outcome, wasCut: boolean): void {
  expect({ items: other.items, error: other.error }).toEqual({ items: fused.items, error: fused.error });
  for (const [index, calls] of fused.calls.entries()) {
    const others = other.calls[index]!;
    const length = wasCut ? Math.min(calls.length, others.length) : Math.max(calls.length, others.length);
    expect(others.slice(0, length)).toEqual(calls.slice(0, length));
  }
}

const withoutCalls = (outcome: Outcome): Outcome => ({ ...outcome, calls: [] });

const hasEarlyEnd = ({ sections }: Program): boolean => sections.some(({ kind }) => kind.startsWith('take'));

it.each<[string, (index: number) => Section<unknown, unknown>[]]>([
  ['a hand-over after each section', () => [buffer(0)]],
  ['a buffer after some sections', (index) => (index % 2 === 0 ? [buffer(index + 1)] : [])],
  ['two boundaries after each section', () => [buffer(3), buffer(64)]],
])(
  'L-12, XO-6: a pipeline gives and does the same with %s, in every order of its tasks',
  async (_, between) => {
    await fc.assert(
      fc.asyncProperty(program, fc.nat(), async (drawn, seed) => {
        await testRun(
          async () => {
            const fused = await outcomeOf(drawn, () => []);
            const other = await outcomeOf(drawn, between);
            // With concurrency, calls behind an error or an end may have been begun.
            const isConcurrent = drawn.sections.some(({ kind }) => kind === 'concurrent map');
            const wasCut = fused.error !== undefined || hasEarlyEnd(drawn) || drawn.stopsAt !== undefined;
            const seen = isConcurrent ? withoutCalls : (outcome: Outcome): Outcome => outcome;
            expectSame(seen(fused), seen(other), wasCut);
          },
          { leftovers: 'ignore', seed },
        )();
      }),
      { numRuns: Number(process.env['TERCET_SOAK'] ?? 200), interruptAfterTimeLimit: LONGEST },
    );
  },
  2 * LONGEST,
);
