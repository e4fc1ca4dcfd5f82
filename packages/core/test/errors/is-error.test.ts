import { expect, it } from '@jest/globals';
import { describeError, isError } from '@tercet/core/lowlevel';
import { runInNewContext } from 'node:vm';

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
