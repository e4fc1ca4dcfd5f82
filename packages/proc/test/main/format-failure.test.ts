import { describe, expect, it } from '@jest/globals';
import { ExceptionGroup } from '@tercet/core';
import { formatFailure } from '../../src/main/format-failure.ts';

/** The text without the frames of stacks. */
const shape = (error: unknown): string[] =>
  formatFailure(error)
    .split('\n')
    .filter((line) => !/^[│ ]*\s+at /.test(line));

describe('an error that is hard to read', () => {
  it('C-7: is shown once, even if a group contains itself or its members again', () => {
    const shared = new Error('shared');
    const group = new AggregateError([shared, shared], 'cycle');
    group.errors.push(group);
    expect(shape(group)).toEqual([
      'AggregateError: cycle',
      '├─ Error: shared',
      '├─ Error: shared (again)',
      '└─ AggregateError: cycle (again)',
    ]);
  });

  it('C-7: does not take time exponential in the depth of a group', () => {
    let group = new ExceptionGroup('leaf', [new Error('deep')]);
    for (let i = 0; i < 30; i++) group = new ExceptionGroup(`level ${i}`, [group, group]);
    expect(shape(group)).toHaveLength(31 + 1 + 30);
  });

  it('C-7: is not followed for ever through its causes', () => {
    let error = new Error('first');
    for (let i = 0; i < 20_000; i++) error = new Error(`after ${i}`, { cause: error });
    const lines = shape(error);
    expect(lines.length).toBeLessThan(100);
    expect(lines.at(-1)).toMatch(/\(and more below\)$/);
  });

  const throwing = (): never => {
    throw new Error('hands off');
  };
  it.each<[string, unknown, RegExp]>([
    ['a proxy of nothing', new Proxy({}, { get: throwing, getPrototypeOf: throwing, ownKeys: throwing }), /^thrown: /],
    ['a proxy of an error', new Proxy(new TypeError('boom'), { get: throwing }), /message cannot be read/],
    ['a revoked proxy', revoked(), /^thrown: /],
    ['a message that throws', Object.defineProperty(new Error(), 'message', { get: throwing }), /cannot be read/],
    ['a name that throws', Object.defineProperty(new Error('boom'), 'name', { get: throwing }), /^Error: boom/],
    ['members that throw', Object.defineProperty(new Error('boom'), 'errors', { get: throwing }), /^Error: boom/],
    ['a stack that throws', Object.defineProperty(new Error('boom'), 'stack', { get: throwing }), /^Error: boom$/],
    ['a cause that throws', Object.defineProperty(new Error('boom'), 'cause', { get: throwing }), /^Error: boom/],
    ['a name that is not a text', Object.assign(new Error('boom'), { name: Symbol('x') }), /^Symbol\(x\): boom/],
  ])('C-7: with %s is shown as far as possible', (_what, error, expected) => {
    expect(formatFailure(error)).toMatch(expected);
  });

  it('C-7: a SuppressedError of itself is shown once', () => {
    const error = Object.assign(new Error('both'), { name: 'SuppressedError' }) as Error & { error?: unknown };
    Object.assign(error, { error, suppressed: new Error('first') });
    expect(shape(error)).toEqual(['SuppressedError: both', '├─ SuppressedError: both (again)', '└─ Error: first']);
  });
});

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
