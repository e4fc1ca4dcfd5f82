import { describe, expect, it } from '@jest/globals';
import { checkpoint, ExceptionGroup, openNursery, race, run, sleep } from '@tercet/core';
import type { TaskHandle } from '@tercet/core';
import { currentTask } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { runVirtually, thrownBy } from '../run-virtually.ts';

// Libraries with their own promises call back from one queue for all, in the context of the code that filled it first.
const queue: (() => void)[] = [];

function flush(): void {
  for (const callBack of queue.splice(0)) callBack();
}

/** A promise of such a library. */
function trampolined<T>(value: T): PromiseLike<T> {
  return thenable((fulfilled) => {
    if (queue.push(() => fulfilled(value)) === 1) setTimeout(flush, 1);
  });
}

function thenable<T>(then: (fulfilled: (value: unknown) => void) => void): PromiseLike<T> {
  return { then } as PromiseLike<T>;
}

const boom = new Error('boom');
const throwBoom = (): never => {
  throw boom;
};

/** The outcome of a nursery with one task, which runs `fn`. */
async function fateOf(fn: () => unknown): Promise<[state: string, outcome: unknown]> {
  let handle: TaskHandle<unknown> | undefined;
  let error: unknown;
  try {
    await openNursery((nursery) => void (handle = nursery.startSoon(fn)));
  } catch (thrown) {
    error = thrown;
  }
  const { state } = handle!;
  return [state, state === 'done' ? await handle!.result() : (error as ExceptionGroup).errors];
}

it('C-1: each task gets the value of its own thenable, even if one of them calls back for several', async () => {
  await run(() =>
    openNursery(async (nursery) => {
      const a = nursery.startSoon(() => trampolined('A'));
      const b = nursery.startSoon(() => trampolined('B'));
      expect([await a.result(), await b.result()]).toEqual(['A', 'B']);
      expect([a.state, b.state]).toEqual(['done', 'done']);
    }),
  );
});

it('C-1: a nursery stays open until the thenables of all its tasks have settled', async () => {
  const order: string[] = [];
  await run(async () => {
    await openNursery((nursery) => {
      for (const name of ['a', 'b', 'c']) {
        nursery.startSoon(async () => order.push(await trampolined(name)));
        nursery.startSoon(() => trampolined(name));
      }
    });
    order.push('closed');
  });
  expect(order).toEqual(['a', 'b', 'c', 'closed']);
});

it('C-1: a thenable may call back outside of the run', async () => {
  let callBack: ((value: string) => void) | undefined;
  const called = new Promise<void>((resolve) => {
    const look = (): void => {
      if (callBack === undefined) return void setImmediate(look);
      callBack('outside');
      resolve();
    };
    setImmediate(look);
  });
  expect(await run(() => thenable<string>((ok) => void (callBack = ok)))).toBe('outside');
  await called;
});

it.each<[string, () => unknown, [string, unknown]]>([
  ['a thenable that calls back at once', () => ({ then: (ok: (v: number) => void) => ok(1) }), ['done', 1]],
  ['one that calls back twice', () => ({ then: (ok: (v: number) => void) => (ok(1), ok(2)) }), ['done', 1]],
  [
    'one that succeeds and then fails',
    () => ({ then: (ok: (v: number) => void, fail: (e: Error) => void) => (ok(1), fail(boom)) }),
    ['done', 1],
  ],
  ['a then that throws', () => ({ then: throwBoom }), ['failed', [boom]]],
  ['a then that cannot be read', () => Object.defineProperty({}, 'then', { get: throwBoom }), ['failed', [boom]]],
  [
    'a thenable that resolves with a rejected promise',
    () => ({ then: (ok: (v: unknown) => void) => ok(Promise.reject(boom)) }),
    ['failed', [boom]],
  ],
  [
    'a thenable that resolves with a thenable',
    () => ({ then: (ok: (v: unknown) => void) => ok(trampolined(1)) }),
    ['done', 1],
  ],
  ['a function with a then', () => Object.assign(() => 2, { then: (ok: (v: number) => void) => ok(1) }), ['done', 1]],
  ['a promise whose then has been replaced', () => Object.assign(Promise.resolve(1), { then: throwBoom }), ['done', 1]],
  [
    'a promise whose constructor cannot be read',
    () => Object.defineProperty(Promise.resolve(1), 'constructor', { get: throwBoom }),
    ['failed', [boom]],
  ],
  ['an object with a then that is not a function', () => ({ then: 1 }), ['done', { then: 1 }]],
])('C-1: a task that returns %s ends as an async function around it would', async (_what, fn, fate) => {
  await run(async () => {
    expect(await fateOf(fn)).toEqual(fate);
    expect(await fateOf(async () => await fn())).toEqual(fate);
  });
});

it('C-1: a task whose result cannot be read does not prevent others of its batch from beginning', async () => {
  const begun: number[] = [];
  const error = await thrownBy(() =>
    runVirtually(() =>
      openNursery((nursery) => {
        nursery.startSoon(() => Object.defineProperty({}, 'then', { get: throwBoom }));
        for (let n = 0; n < 3; n++) nursery.startSoon(() => void begun.push(n));
      }),
    ),
  );
  expect(begun).toEqual([0, 1, 2]);
  expect((error as ExceptionGroup).errors).toEqual([boom]);
});

it(
  'C-1: a thenable that never calls back is waited for, as every foreign promise',
  testRun(async () => {
    let settle: ((value: unknown) => void) | undefined;
    await openNursery(async (nursery) => {
      const handle = nursery.startSoon(() => thenable((ok) => (settle = ok)));
      for (let step = 0; step < 10; step++) await checkpoint();
      expect(handle.state).toBe('running');
      settle!(1);
    });
  }),
);

it('C-1: then is called in the task, whose operations it may use', async () => {
  await run(async () => {
    let seen: unknown;
    const handle = await openNursery((nursery) =>
      nursery.startSoon(() => ({
        then: (ok: () => void) => {
          seen = currentTask();
          ok();
        },
      })),
    );
    expect(seen).toBe(handle);
  });
});

describe('C-1: functions of combinators may return thenables, too', () => {
  it(
    'race() takes the value of the first',
    testRun(async () => {
      expect(await race([() => trampolined('quick'), () => sleep(1000)])).toBe('quick');
    }),
  );
});
