import { expect, it } from '@jest/globals';
import { openNursery } from '@tercet/core';
import type { ExceptionGroup } from '@tercet/core';
import { describeError, isError } from '@tercet/core/lowlevel';
import { runInNewContext } from 'node:vm';
import { runVirtually, thrownBy } from '../run-virtually.ts';

it('takes errors of every realm for errors, and nothing else', () => {
  for (const error of [
    new Error('x'),
    new TypeError('x'),
    runInNewContext('new RangeError("x")'),
    AbortSignal.abort().reason,
  ]) {
    expect(isError(error)).toBe(true);
  }
  for (const other of [{ name: 'Error', message: 'x' }, 'Error', undefined, null, (): undefined => undefined]) {
    expect(isError(other)).toBe(false);
  }
});

it('describes an error by name and message, and other values by their type', () => {
  expect(describeError(new TypeError('boom'))).toBe('TypeError: boom');
  expect(describeError(new TypeError())).toBe('TypeError');
  expect(describeError('text')).toBe('a thrown string: text');
  expect(describeError(undefined)).toBe('a thrown undefined: undefined');
  expect(describeError(Symbol('s'))).toBe('a thrown symbol: Symbol(s)');
});

const shy = new Error('x');
Object.defineProperty(shy, 'message', {
  get() {
    throw new Error('no message for you');
  },
});
const NAMELESS: unknown[] = [
  Object.create(null),
  {
    toString() {
      throw new Error('no text');
    },
  },
  shy,
];

it('describes a value that cannot be converted to text', () => {
  for (const value of NAMELESS) expect(describeError(value)).toEqual(expect.any(String));
});

it('a task may throw a value that cannot be converted to text', async () => {
  for (const value of NAMELESS) {
    const error = await thrownBy(() =>
      runVirtually(() => openNursery((nursery) => void nursery.startSoon(() => Promise.reject(value)))),
    );
    expect((error as ExceptionGroup).errors[0]).toBe(value);
  }
});
