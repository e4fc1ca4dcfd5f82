import { describe, expect, it, jest } from '@jest/globals';
import {
  abandonable,
  Cancelled,
  CancelScope,
  currentTime,
  moveOnAfter,
  openNursery,
  run,
  sleep,
  StateError,
} from '@tercet/core';
import { addInstrument, removeInstrument, runOutside, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { AsyncLocalStorage } from 'node:async_hooks';
import { runProgram } from '../programs/run-program.ts';
import { thrownBy } from '../run-virtually.ts';

it(
  'RUN-162: gives what a foreign promise gives, value or error',
  testRun(async () => {
    expect(await abandonable(Promise.resolve(7))).toBe(7);
    // Real time: a foreign promise is what is awaited.
    expect(await abandonable(new Promise((resolve) => setTimeout(resolve, 2, 'late')))).toBe('late');
    await expect(abandonable(Promise.reject(new TypeError('x')))).rejects.toThrow(TypeError);
  }),
);

it(
  'leaves it behind when cancelled, and ignores its later error',
  testRun(async () => {
    let settle: ((error: unknown) => void) | undefined;
    const promise = new Promise((_resolve, reject) => (settle = reject));
    const scope = new CancelScope({ relativeDeadline: 10 });
    await scope.run(() => abandonable(promise));
    expect([scope.cancelledCaught, currentTime()]).toEqual([true, 10]);
    settle!(new Error('too late'));
    await sleep(10);
  }),
);

it(
  'throws Cancelled at once in a cancelled scope, also when the promise has settled',
  testRun(() =>
    new CancelScope().run(async (scope) => {
      scope.cancel();
      expect(await thrownBy(() => abandonable(Promise.resolve(1)))).toBeInstanceOf(Cancelled);
      expect(await thrownBy(() => abandonable(Promise.reject(new Error('x'))))).toBeInstanceOf(Cancelled);
    }),
  ),
);

it(
  'takes anything with a then, also one that settles synchronously, and nothing else',
  testRun(async () => {
    const thenable = { then: (resolve: (value: number) => void): void => resolve(3) } as PromiseLike<number>;
    expect(await abandonable(thenable)).toBe(3);
    for (const wrong of [5, undefined, (): number => 1]) {
      await expect(abandonable(wrong as never)).rejects.toThrow(TypeError);
    }
  }),
);

it(
  'can end in an inner scope an operation that belongs to an outer one',
  testRun(async () => {
    const begun = sleep(50);
    await moveOnAfter(10, () => abandonable(begun));
    expect(currentTime()).toBe(10);
    await begun;
  }),
);

it('keeps the async context of the caller', async () => {
  const storage = new AsyncLocalStorage<string>();
  await testRun(() =>
    storage.run('caller', async () => {
      await abandonable(new Promise((resolve) => setImmediate(resolve)));
      expect(storage.getStore()).toBe('caller');
    }),
  )();
});

it('is a StateError outside of a run', async () => {
  expect(await thrownBy(() => abandonable(Promise.resolve()))).toBeInstanceOf(StateError);
});

it('C-9: keeps nothing of the calls that have ended, however long the promise takes', async () => {
  const { code, stdout, stderr } = await runProgram(`
    import { abandonable, moveOnAfter, race, run, sleep } from '@tercet/core';
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc');
    const shutdown = new Promise(() => {});
    const thenable = { then: (ok) => void shutdown.then(ok) };
    const CALLS = 400;
    let collected = 0;
    const registry = new FinalizationRegistry(() => collected++);
    const request = async (index) => {
      const data = { text: 'x'.repeat(1000), index };
      registry.register(data);
      const handle = async () => { await sleep(0); return data.index; };
      await race([() => abandonable(index % 2 === 0 ? shutdown : thenable), handle]);
      await moveOnAfter(0, async () => { await abandonable(shutdown); return data; });
    };
    await run(async () => {
      for (let index = 0; index < CALLS; index++) await request(index);
      for (let round = 0; round < 50 && collected < CALLS - 20; round++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
    console.log(collected >= CALLS - 20 ? 'collected' : 'kept: ' + (CALLS - collected));
  `);
  expect([code, stdout, stderr]).toEqual([0, 'collected\n', '']);
});

it(
  'C-9: several calls wait for one promise, and each goes on when it settles',
  testRun(async () => {
    let settle: ((value: number) => void) | undefined;
    const promise = new Promise<number>((resolve) => (settle = resolve));
    const got: unknown[] = [];
    await openNursery(async (nursery) => {
      for (let index = 0; index < 3; index++) {
        nursery.startSoon(async () => {
          got.push(await abandonable(promise));
        });
      }
      nursery.startSoon(() => moveOnAfter(5, () => abandonable(promise)));
      await sleep(10);
      settle!(7);
      got.push(await abandonable(promise));
    });
    expect(got).toEqual([7, 7, 7, 7]);
    expect(await abandonable(promise)).toBe(7);
  }),
);

it(
  'C-15: a hook that cancels the next one when the first is woken leaves the others alone',
  testRun(async () => {
    let settle: ((value: number) => void) | undefined;
    const promise = new Promise<number>((resolve) => (settle = resolve));
    const outcomes: unknown[] = [];
    const scopes = [0, 1, 2].map(() => new CancelScope());
    const instrument = { taskScheduled: (): void => scopes[1]!.cancel() };
    await openNursery(async (nursery) => {
      for (const scope of scopes) {
        nursery.startSoon(async () => {
          outcomes.push(await scope.run(() => abandonable(promise)));
        });
      }
      await waitAllTasksBlocked();
      addInstrument(instrument);
      settle!(7);
      await sleep(1);
      removeInstrument(instrument);
    });
    expect(outcomes.filter((outcome) => outcome === 7)).toHaveLength(2);
    expect(scopes.map(({ cancelledCaught }) => cancelledCaught)).toEqual([false, true, false]);
  }),
);

it.each([
  ['settles twice', (ok: Settle, fail: Settle): void => [1, 2].forEach((value) => (ok(value), fail(new Error('x'))))],
  [
    'settles, then throws',
    (ok: Settle): void => {
      ok(1);
      throw new Error('after that');
    },
  ],
  ['gives another thenable', (ok: Settle): void => ok({ then: (inner: Settle): void => inner(1) })],
  ['answers in another context', (ok: Settle): void => void runOutside(() => setImmediate(ok, 1))],
])('C-1: a thenable that %s is believed once', async (_, then) => {
  expect(await run(() => abandonable({ then } as PromiseLike<unknown>))).toBe(1);
});

it('C-1: a thenable that throws when it is asked fails the call', async () => {
  const fail = (): never => {
    throw new RangeError('not me');
  };
  for (const thenable of [{ then: fail }, Object.defineProperty({}, 'then', { get: fail })]) {
    expect(await thrownBy(() => run(() => abandonable(thenable as never)))).toBeInstanceOf(RangeError);
  }
});

it(
  'C-9: a thenable that begins its work in then begins it in the context of the caller',
  testRun(() => {
    const storage = new AsyncLocalStorage<string>();
    return storage.run('caller', async () => {
      const query = { then: (ok: (value: unknown) => void): void => ok(storage.getStore()) };
      expect(await abandonable(query as PromiseLike<unknown>)).toBe('caller');
    });
  }),
);

describe('onLate', () => {
  it(
    'N/A: gets the value that comes when the call has been cancelled, once, and no value that the call got',
    testRun(async () => {
      const late: unknown[] = [];
      let settle: ((value: string) => void) | undefined;
      const promise = new Promise<string>((resolve) => (settle = resolve));
      const call = (name: string): Promise<string> =>
        abandonable(promise, { onLate: (value) => late.push([name, value]) });
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => void late.push(['in time', await call('in time')]));
        await moveOnAfter(5, () => call('one'));
        await moveOnAfter(5, () => call('two'));
        expect(late).toEqual([]);
        settle!('value');
      });
      await sleep(1);
      expect(late).toHaveLength(3);
      expect(late).toEqual(
        expect.arrayContaining([
          ['one', 'value'],
          ['two', 'value'],
          ['in time', 'value'],
        ]),
      );
    }),
  );

  it(
    'N/A: gets the value of a promise that has settled before the call, in a cancelled scope',
    testRun(async () => {
      const late: number[] = [];
      await new CancelScope().run(async (scope) => {
        scope.cancel();
        await abandonable(Promise.resolve(1), { onLate: (value) => late.push(value) });
      });
      await sleep(1);
      expect(late).toEqual([1]);
    }),
  );

  it(
    'N/A: is not called when the promise is rejected late',
    testRun(async () => {
      const late: unknown[] = [];
      const { promise, reject } = withReject();
      await moveOnAfter(5, () => abandonable(promise, { onLate: (value) => late.push(value) }));
      reject(new Error('too late'));
      await sleep(1);
      expect(late).toEqual([]);
    }),
  );

  it('N/A: runs in the async context of the call, also when its task and its run have ended', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    let settle: ((value: number) => void) | undefined;
    const promise = new Promise<number>((resolve) => (settle = resolve));
    await run(() =>
      moveOnAfter(1, () =>
        storage.run('the call', () =>
          abandonable(promise, {
            onLate: async (value) => {
              seen.push(value, storage.getStore());
              seen.push(await thrownBy(() => sleep(1)));
            },
          }),
        ),
      ),
    );
    await storage.run('elsewhere', async () => {
      settle!(7);
      await new Promise((resolve) => setTimeout(resolve, 5));
    });
    expect(seen).toEqual([7, 'the call', expect.any(Cancelled)]);
  });

  it.each([
    [
      'throws',
      (): never => {
        throw new RangeError('no way');
      },
    ],
    ['returns a promise that rejects', (): Promise<never> => Promise.reject(new RangeError('no way'))],
  ])('N/A: an error of it is reported when it %s, and the other calls get their value', async (_, onLate) => {
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      let settle: ((value: number) => void) | undefined;
      const promise = new Promise<number>((resolve) => (settle = resolve));
      const value = await run(async () => {
        await moveOnAfter(1, () => abandonable(promise, { onLate }));
        setImmediate(() => settle!(7));
        return await abandonable(promise);
      });
      expect(value).toBe(7);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(emit.mock.calls).toEqual([['abandonable(): onLate has failed: RangeError: no way', 'TercetLateResult']]);
    } finally {
      emit.mockRestore();
    }
  });

  it('N/A: is refused when it is not a function', async () => {
    await expect(run(() => abandonable(Promise.resolve(1), { onLate: 7 as never }))).rejects.toThrow(
      'abandonable(): onLate must be a function, not number',
    );
  });
});

function withReject(): { promise: Promise<unknown>; reject: (error: unknown) => void } {
  let reject: ((error: unknown) => void) | undefined;
  const promise = new Promise((_resolve, refuse) => (reject = refuse));
  return { promise, reject: reject! };
}

type Settle = (value: unknown) => void;
