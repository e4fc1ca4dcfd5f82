import { AsyncLocalStorage } from 'node:async_hooks';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { isThenable, whenSettled } from '../../src/foreign/foreign-result.ts';

type Outcome = ['value' | 'error', unknown];

/** All that is reported of a result by the time that everything else has been served. */
async function reportsOf(result: unknown): Promise<Outcome[]> {
  const reports: Outcome[] = [];
  whenSettled(
    result,
    (value) => reports.push(['value', value]),
    (error) => reports.push(['error', error]),
  );
  await new Promise((resolve) => setImmediate(resolve));
  return reports;
}

const boom = new Error('boom');
const throwBoom = (): never => {
  throw boom;
};

it.each([
  ['a native promise', () => Promise.resolve(1)],
  ['a promise of another realm', () => runInNewContext('Promise.resolve(1)')],
  ['a promise of a subclass', () => class extends Promise<number> {}.resolve(1)],
  ['a thenable that calls back at once', () => ({ then: (ok: (value: number) => void) => ok(1) })],
  ['a thenable with another thenable', () => ({ then: (ok: (value: unknown) => void) => ok(Promise.resolve(1)) })],
  ['a thenable that calls back twice', () => ({ then: (ok: (v: number) => void) => (ok(1), ok(2)) })],
  ['a thenable that calls back and throws', () => ({ then: (ok: (v: number) => void) => (ok(1), throwBoom()) })],
  ['a function with a then', () => Object.assign(() => 2, { then: (ok: (value: number) => void) => ok(1) })],
  ['a promise with another then', () => Object.assign(Promise.resolve(1), { then: throwBoom })],
  ['a subclass that calls back twice', () => new CallsTwice((resolve) => resolve(1))],
])('C-1: reports the value of %s once, as await gives it', async (_what, make: () => unknown) => {
  expect(await reportsOf(make())).toEqual([['value', 1]]);
  expect(await make()).toBe(1);
});

it.each([
  ['a rejected promise', () => Promise.reject(boom)],
  [
    'a thenable that resolves with a rejected promise',
    () => ({ then: (ok: (v: unknown) => void) => ok(Promise.reject(boom)) }),
  ],
  ['a then that throws', () => ({ then: throwBoom })],
  ['a then that cannot be read', () => Object.defineProperty({}, 'then', { get: throwBoom })],
  [
    'a constructor that cannot be read',
    () => Object.defineProperty(Promise.resolve(), 'constructor', { get: throwBoom }),
  ],
  ['a proxy that cannot be read', () => new Proxy({}, { get: throwBoom })],
])('C-1: reports the error of %s once', async (_what, make: () => unknown) => {
  expect(await reportsOf(make())).toEqual([['error', boom]]);
});

it.each([
  ['an object that only looks like a promise', () => Object.create(Promise.prototype) as unknown],
  ['a proxy of a promise', () => new Proxy(Promise.resolve(), {})],
])('C-1: reports a TypeError for %s', async (_what, make: () => unknown) => {
  expect(await reportsOf(make())).toEqual([['error', expect.any(TypeError)]]);
});

it('C-1: never reports a thenable that never calls back', async () => {
  expect(await reportsOf({ then: () => undefined })).toEqual([]);
});

it('C-1: reads then once', async () => {
  let reads = 0;
  const result = Object.defineProperty({}, 'then', {
    get: () => (reads++ === 0 ? (ok: (value: number) => void) => ok(1) : throwBoom()),
  });
  expect(await reportsOf(result)).toEqual([['value', 1]]);
  expect(reads).toBe(1);
});

it('C-1: reports in the context of the call, wherever the thenable calls back', async () => {
  const storage = new AsyncLocalStorage<string>();
  const queue: (() => void)[] = [];
  const seen = new Promise((resolve) => {
    storage.run('caller', () => {
      const later = { then: (ok: (value: number) => void) => queue.push(() => ok(1)) };
      whenSettled(later, () => resolve(storage.getStore()), resolve);
    });
  });
  await new Promise((resolve) => setImmediate(resolve));
  storage.run('library', () => queue.forEach((callBack) => callBack()));
  expect(await seen).toBe('caller');
});

it.each([undefined, null, 0, '', 'text', true, 1n, Symbol('s'), {}, { then: 1 }, [], () => 1])(
  'C-1: leaves %p to the caller, as it is not a thenable',
  (value) => {
    const never = (): void => {
      throw boom;
    };
    expect(whenSettled(value, never, never)).toBe(false);
  },
);

class CallsTwice<T> extends Promise<T> {
  override then<A, B>(
    ok?: ((value: T) => A | PromiseLike<A>) | null,
    fail?: ((e: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    void super.then(ok, fail);
    return super.then(ok, fail);
  }
}

it('C-1: isThenable says whether a promise would wait for the value, and counts a then that cannot be read', () => {
  const shy = {
    get then(): unknown {
      throw boom;
    },
  };
  const callable = Object.assign(() => undefined, { then: () => undefined });
  expect([Promise.resolve(1), { then: () => undefined }, callable, shy].map(isThenable)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect([undefined, null, 1, 'then', {}, { then: 1 }, () => undefined].some(isThenable)).toBe(false);
});
