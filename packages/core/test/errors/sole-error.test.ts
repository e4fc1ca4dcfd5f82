import { expect, it } from '@jest/globals';
import { ExceptionGroup, openNursery, run, soleError } from '@tercet/core';
import { thrownBy } from '../run-virtually.ts';

it('N-7: soleError returns the only error of a group, however deep, and any other value as it is', async () => {
  const error = Object.assign(new Error('no such user'), { statusCode: 404 });
  const thrown = await thrownBy(() =>
    run(() =>
      openNursery(
        (outer) => void outer.startSoon(() => openNursery((n) => void n.startSoon(() => Promise.reject(error)))),
      ),
    ),
  );
  expect(soleError(thrown)).toBe(error);
  const several = new ExceptionGroup('two', [error, new Error('another')]);
  for (const other of [error, several, new AggregateError([error]), 'text', undefined, null]) {
    expect(soleError(other)).toBe(other);
  }
});

it('C-7: soleError takes groups that hold themselves, or that cannot be read', () => {
  const inItself = new ExceptionGroup<unknown>('in itself', [1]);
  inItself.errors.push(inItself);
  expect(soleError(inItself)).toBe(1);
  inItself.errors = [inItself];
  expect(soleError(inItself)).toBe(inItself);
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(soleError(proxy) === proxy).toBe(true);
});
