import { describe, expect, it } from '@jest/globals';
import { ExceptionGroup, handleGroup, isCancelled, openNursery, run, sleepForever } from '@tercet/core';
import type { Cancelled } from '@tercet/core';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { thrownBy } from '../run-virtually.ts';

const [a, b, c] = [new TypeError('a'), new RangeError('b'), new TypeError('c')] as const;
const inner = new ExceptionGroup('inner', [b, c], { cause: 'why' });
const group = new ExceptionGroup('outer', [a, inner, 'text']);

it('is an AggregateError with a message and its errors', () => {
  expect(group).toBeInstanceOf(AggregateError);
  expect([group.name, group.message, group.errors]).toEqual(['ExceptionGroup', 'outer', [a, inner, 'text']]);
  expect(() => new ExceptionGroup('none', [])).toThrow(RangeError);
});

it('lists its leaves in the order of the tree', () => {
  expect(group.leaves()).toEqual([a, b, c, 'text']);
});

describe('split', () => {
  it('parts by an error class, and keeps the shape, messages, causes and stacks of both parts', () => {
    const [types, others] = group.split(TypeError);
    expect(types!.leaves()).toEqual([a, c]);
    expect(others!.leaves()).toEqual([b, 'text']);
    for (const part of [types!, others!]) {
      expect([part.message, part.stack]).toEqual(['outer', group.stack]);
      const nested = part.errors.find((error) => error instanceof ExceptionGroup) as ExceptionGroup;
      expect([nested.message, nested.cause, nested.stack]).toEqual(['inner', 'why', inner.stack]);
    }
    expect(group.errors).toEqual([a, inner, 'text']);
  });

  it('parts by a predicate, which is asked for groups as well', () => {
    expect(group.split((error) => error === 'text')[0]!.errors).toEqual(['text']);
    expect(group.split((error) => error === inner)[0]!.errors).toEqual([inner]);
    expect(group.split((error) => error === group)).toEqual([group, undefined]);
  });

  it('returns the very group when all of it, or nothing of it, matches', () => {
    expect(group.split(() => false)).toEqual([undefined, group]);
    const [matched, rest] = group.split((error) => !(error instanceof ExceptionGroup));
    expect([matched, rest]).toEqual([group, undefined]);
    expect(group.subgroup(SyntaxError)).toBeUndefined();
    expect(group.subgroup(Error)).toBe(group);
  });
});

it('derive makes a group with other errors and all else the same', () => {
  const derived = inner.derive([a]);
  expect(derived).toBeInstanceOf(ExceptionGroup);
  expect([derived.message, derived.cause, derived.stack, derived.errors]).toEqual(['inner', 'why', inner.stack, [a]]);
  expect('cause' in group.derive([a])).toBe(false);
});

it('splits groups that are nested ten thousand levels deep', () => {
  let deep = new ExceptionGroup('0', [a, b]);
  for (let i = 1; i < 10_000; i++) deep = new ExceptionGroup(String(i), [deep]);
  expect(deep.leaves()).toEqual([a, b]);
  const [types, others] = deep.split(TypeError);
  expect([types!.leaves(), others!.leaves()]).toEqual([[a], [b]]);
});

it('C-7: an Error of another realm is matched by Error, and the classes of another realm match their errors', async () => {
  const foreign: unknown = runInNewContext('new RangeError("from elsewhere")');
  const mixed = new ExceptionGroup('mixed', [foreign, 'text', a]);
  const seen: unknown[] = [];
  await handleGroup(mixed, [Error, (part): unknown => seen.push(...part.errors)], [String, (): undefined => undefined]);
  expect(seen).toEqual([foreign, a]);
  const [foreignInItsRealm, ForeignRangeError] = runInNewContext('[new RangeError(), RangeError]') as [
    unknown,
    typeof RangeError,
  ];
  const another = new ExceptionGroup('another', [foreignInItsRealm, 'text', a]);
  expect(another.split(ForeignRangeError).map((part) => part!.errors)).toEqual([[foreignInItsRealm], ['text', a]]);
});

describe('C-7: a group that resists being looked at', () => {
  const inItself = new ExceptionGroup('in itself', [a, b]);
  inItself.errors.push(inItself);

  it('C-7: may stand inside itself', () => {
    expect(inItself.leaves()).toEqual([a, b]);
    const [types, others] = inItself.split(TypeError);
    expect([types!.leaves(), others!.leaves()]).toEqual([[a], [b]]);
    expect(inItself.split(SyntaxError)).toEqual([undefined, inItself]);
    expect(JSON.parse(JSON.stringify(inItself))).toMatchObject({ errors: [{ message: 'a' }, { message: 'b' }, {}] });
    expect(inspect(inItself)).toContain('in itself');
  });

  it('C-7: may hold nothing but itself', () => {
    const empty = new ExceptionGroup('empty', [a]);
    empty.errors = [empty];
    expect([empty.leaves(), empty.split(TypeError)]).toEqual([[], [undefined, empty]]);
  });

  it('C-7: is walked once, however often it stands in the tree', () => {
    let wide = new ExceptionGroup('0', [a, b]);
    for (let level = 1; level <= 60; level++) wide = new ExceptionGroup(String(level), [wide, wide]);
    expect(wide.leaves()).toEqual([a, b]);
    expect(wide.subgroup(TypeError)!.leaves()).toEqual([a]);
    expect(JSON.stringify(wide).length).toBeLessThan(10_000);
    expect(inspect(wide).length).toBeLessThan(1_000_000);
  });

  it('C-7: may hold values that cannot be read, and may be unreadable itself', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const broken = new ExceptionGroup('broken', [a]);
    Object.defineProperty(broken, 'errors', {
      get() {
        throw new Error('no errors for you');
      },
    });
    const notAList = Object.assign(new ExceptionGroup('not a list', [a]), { errors: { length: 1e9 } });
    const shy = new Proxy(
      {},
      {
        get() {
          throw new Error('no fields for you');
        },
      },
    );
    const strange = new ExceptionGroup('strange', [proxy, shy, broken, notAList, b]);
    expect(strange.leaves()).toHaveLength(5);
    const [ranges, others] = strange.split(RangeError);
    expect([ranges!.leaves(), others!.leaves().length]).toEqual([[b], 4]);
    expect(JSON.parse(JSON.stringify(strange))).toMatchObject({ name: 'ExceptionGroup', message: 'strange' });
  });
});

describe("N-7: the message of a nursery's group", () => {
  /** The error of a nursery whose tasks throw these errors. */
  const thrownIn = (...errors: unknown[]): Promise<ExceptionGroup> =>
    thrownBy(() =>
      run(() =>
        openNursery((nursery) => {
          for (const error of errors) nursery.startSoon(() => Promise.reject(error));
        }),
      ),
    ) as Promise<ExceptionGroup>;

  it('N-7, ER-1: counts the tasks that failed and lists their errors', async () => {
    const group = await thrownIn(new TypeError('x'), new RangeError('y'));
    expect(group.message).toBe('2 tasks failed: TypeError: x; RangeError: y');
    expect(String(group)).toBe('ExceptionGroup: 2 tasks failed: TypeError: x; RangeError: y');
    expect(group.stack).toMatch(/^ExceptionGroup: 2 tasks failed: TypeError: x; RangeError: y\n/);
    expect((await thrownIn('text')).message).toBe('1 task failed: a thrown string: text');
  });

  it('N-7, ER-1: lists the leaves of groups in it, shortened, and at most five', async () => {
    const nested = await thrownIn(await thrownIn(new TypeError('x'), new RangeError('y')));
    expect(nested.message).toBe('1 task failed: TypeError: x; RangeError: y');
    const many = await thrownIn(...Array.from({ length: 7 }, (_, n) => new Error(`e${n}`)));
    expect(many.message).toBe('7 tasks failed: Error: e0; Error: e1; Error: e2; Error: e3; Error: e4; …');
    const long = await thrownIn(new Error('x'.repeat(1000)), new Error('first\nsecond'));
    expect(long.message.length).toBeLessThan(250);
    expect(long.message).toMatch(/x…; Error: first…$/);
  });

  it('N-7: is made anew for a part of the group, and so is the first line of its stack', async () => {
    const group = await thrownIn(new TypeError('x'), new RangeError('y'));
    const part = group.subgroup(RangeError)!;
    expect(part.message).toBe('1 task failed: RangeError: y');
    expect(part.stack).toMatch(/^ExceptionGroup: 1 task failed: RangeError: y\n/);
    expect(part.stack!.split('\n').slice(1)).toEqual(group.stack!.split('\n').slice(1));
  });

  it('N-7: does not mention the tasks that were cancelled because of the failure', async () => {
    const group = (await thrownBy(() =>
      run(() =>
        openNursery((nursery) => {
          for (let n = 0; n < 3; n++) nursery.startSoon(sleepForever);
          nursery.startSoon(() => Promise.reject(new TypeError('x')));
        }),
      ),
    )) as ExceptionGroup;
    expect(group.message).toBe('1 task failed: TypeError: x');
  });

  it('N-7: costs little in ten thousand nested nurseries', async () => {
    const nest = (depth: number): Promise<unknown> =>
      openNursery((nursery) => {
        nursery.startSoon(() => (depth === 0 ? Promise.reject(new TypeError('deep')) : nest(depth - 1)));
      });
    const error = (await thrownBy(() => run(() => nest(3000)))) as ExceptionGroup;
    expect(error.message).toBe('1 task failed: TypeError: deep');
    expect(error.leaves()).toHaveLength(1);
  });
});

it('N-7, ER-1: its plain data and its picture show the tree', () => {
  const coded = Object.assign(new RangeError('b'), { code: 'E_B' });
  const tree = new ExceptionGroup('outer', [
    a,
    new ExceptionGroup('middle', [new ExceptionGroup('inner', [coded])]),
    7n,
  ]);
  expect(JSON.parse(JSON.stringify(tree))).toEqual({
    name: 'ExceptionGroup',
    message: 'outer',
    errors: [
      { name: 'TypeError', message: 'a' },
      {
        name: 'ExceptionGroup',
        message: 'middle',
        errors: [
          { name: 'ExceptionGroup', message: 'inner', errors: [{ name: 'RangeError', message: 'b', code: 'E_B' }] },
        ],
      },
      { name: 'Error', message: 'a thrown bigint: 7' },
    ],
  });
  expect(inspect(tree)).toMatch(/outer[^]*TypeError: a[^]*middle[^]*inner[^]*RangeError: b/);
});

it('N-7, ER-1: is typed by its leaves', () => {
  const typed = new ExceptionGroup('typed', [new TypeError('a')]);
  const leaves: TypeError[] = typed.leaves();
  const ranges: ExceptionGroup<RangeError> | undefined = group.subgroup(RangeError);
  const cancelled: Cancelled[] | undefined = group.subgroup(isCancelled)?.leaves();
  const unknowns: unknown[] | undefined = group.subgroup((error) => String(error) === 'text')?.leaves();
  // @ts-expect-error: what a plain predicate picks is unknown.
  const texts: string[] | undefined = group.subgroup((error) => String(error) === 'text')?.leaves();
  expect([leaves.length, ranges!.leaves()[0]!.message, cancelled, unknowns, texts]).toEqual([
    1,
    'b',
    undefined,
    ['text'],
    ['text'],
  ]);
});
