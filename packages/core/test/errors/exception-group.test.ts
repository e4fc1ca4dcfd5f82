import { describe, expect, it } from '@jest/globals';
import { ExceptionGroup } from '@tercet/core';

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

  it('gives the very group when all of it, or nothing of it, matches', () => {
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
