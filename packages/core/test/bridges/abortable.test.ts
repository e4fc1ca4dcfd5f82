import { describe, expect, it } from '@jest/globals';
import { abortable, Cancelled, CancelScope, currentTime, openNursery, run, sleep, StateError } from '@tercet/core';
import { currentTask, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { AsyncLocalStorage } from 'node:async_hooks';
import { thrownBy } from '../run-virtually.ts';

/** Promise code as fetch is: it rejects with the signal's reason, some turns of the event loop after the abort. */
function fetchLike(signal: AbortSignal, onSettled: () => void = () => undefined): Promise<string> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      setImmediate(() =>
        setImmediate(() => {
          onSettled();
          reject(signal.reason as Error);
        }),
      );
    });
  });
}

it(
  'gives what the promise gives, value or error',
  testRun(async () => {
    expect(await abortable(() => Promise.resolve(7))).toBe(7);
    await expect(abortable(() => Promise.reject(new TypeError('x')))).rejects.toThrow(TypeError);
    await expect(
      abortable(() => {
        throw new RangeError('sync');
      }),
    ).rejects.toThrow(RangeError);
  }),
);

it(
  'aborts on cancel, waits until the promise has settled, and throws Cancelled then',
  testRun(async () => {
    const order: string[] = [];
    const scope = new CancelScope({ relativeDeadline: 10 });
    await scope.run(async () => {
      const error = await thrownBy(() => abortable((signal) => fetchLike(signal, () => order.push('settled'))));
      order.push((error as Error).name);
      expect(error).toMatchObject({ source: 'deadline' });
      throw error;
    });
    expect(order).toEqual(['settled', 'Cancelled']);
    expect([scope.cancelledCaught, currentTime()]).toEqual([true, 10]);
  }),
);

it.each([
  ['an AbortError', (): Error => Object.assign(new Error('aborted'), { name: 'AbortError' })],
  ['the code ABORT_ERR', (): Error => Object.assign(new Error('aborted'), { code: 'ABORT_ERR' })],
  ['an error caused by the abort', (signal: AbortSignal): Error => new Error('x', { cause: signal.reason })],
])('takes %s for the answer to its abort', (_title, make) =>
  testRun(() =>
    new CancelScope({ relativeDeadline: 10 }).run(async () => {
      const error = await thrownBy(() =>
        abortable(
          (signal) =>
            new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => reject(make(signal)));
            }),
        ),
      );
      expect(error).toBeInstanceOf(Cancelled);
    }),
  )(),
);

it(
  'loses neither a value nor another error that comes after the cancel',
  testRun(async () => {
    const scope = new CancelScope({ relativeDeadline: 10 });
    const late = await scope.run(() =>
      abortable((signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('late')))),
    );
    expect(late).toBe('late');
    const error = await thrownBy(() =>
      new CancelScope({ relativeDeadline: 10 }).run(() =>
        abortable(
          (signal) =>
            new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => reject(new TypeError('cleanup')));
            }),
        ),
      ),
    );
    expect(error).toEqual(new TypeError('cleanup'));
  }),
);

it(
  'does not call its function in a cancelled scope',
  testRun(() =>
    new CancelScope().run(async (scope) => {
      scope.cancel();
      let called = false;
      expect(
        await thrownBy(() =>
          abortable(() => {
            called = true;
            return Promise.resolve();
          }),
        ),
      ).toBeInstanceOf(Cancelled);
      expect(called).toBe(false);
    }),
  ),
);

it(
  'aborts once, and not after its end',
  testRun(async () => {
    let aborts = 0;
    await openNursery(async (nursery) => {
      await abortable((signal) => {
        signal.addEventListener('abort', () => aborts++);
        return Promise.resolve();
      });
      nursery.startSoon(() =>
        abortable((signal) => {
          signal.addEventListener('abort', () => aborts++);
          return fetchLike(signal);
        }),
      );
      await waitAllTasksBlocked();
      nursery.cancelScope.cancel();
      nursery.cancelScope.cancel();
    });
    expect(aborts).toBe(1);
    await sleep(1);
  }),
);

it('refuses a promise in place of a function, and is a StateError outside of a run', async () => {
  await expect(abortable(Promise.resolve() as never)).rejects.toThrow(TypeError);
  await expect(abortable(() => Promise.resolve())).rejects.toThrow(StateError);
});

describe('N-8: the rejections that an abort explains', () => {
  /** The error of `abortable` when the promise rejects after the abort; `make` makes its error from the abort's reason. */
  const answer = (make: (reason: unknown) => unknown): Promise<unknown> =>
    run(() => {
      const scope = new CancelScope();
      return scope.run((): Promise<unknown> =>
        thrownBy(() =>
          abortable(
            (signal) =>
              new Promise((_resolve, reject) => {
                signal.addEventListener('abort', () => reject(make(signal.reason) as Error));
                scope.cancel();
              }),
          ),
        ),
      );
    });
  const named = (fields: object): Error => Object.assign(new Error('x'), fields);

  it.each([
    ['the reason', (reason: unknown): unknown => reason],
    ['an error caused by it', (reason: unknown): unknown => new Error('x', { cause: reason })],
    [
      'an error caused by one that it has caused',
      (reason: unknown): unknown => new Error('x', { cause: new Error('y', { cause: reason }) }),
    ],
    ['an AbortError', (): unknown => named({ name: 'AbortError' })],
    ['the code ABORT_ERR', (): unknown => named({ code: 'ABORT_ERR' })],
    ['the code ECANCELED', (): unknown => named({ code: 'ECANCELED' })],
  ])('N-8: %s does', async (_, make) => {
    expect(await answer(make)).toBeInstanceOf(Cancelled);
  });

  it("N-8: a library's own error does not, and comes out as it is", async () => {
    const own = named({ code: '57014' });
    expect(await answer(() => own)).toBe(own);
    const inItself = named({});
    inItself.cause = inItself;
    expect(await answer(() => inItself)).toBe(inItself);
  });

  it('N-8: the reason counts up to the eighth cause of an error', async () => {
    const causes =
      (number: number) =>
      (reason: unknown): unknown =>
        Array.from({ length: number }).reduce((cause) => new Error('x', { cause }), reason);
    expect(await answer(causes(8))).toBeInstanceOf(Cancelled);
    expect(await answer(causes(9))).not.toBeInstanceOf(Cancelled);
  });

  it('N-8: an error that cannot be read does not', async () => {
    for (const key of ['name', 'code', 'cause']) {
      const shy = Object.defineProperty(new Error('x'), key, {
        get() {
          throw new Error('no fields for you');
        },
      });
      expect(await answer(() => shy)).toBe(shy);
    }
  });
});

it('C-1: takes the first answer of a foreign thenable, and a value as it is', async () => {
  const twice = {
    then(ok: (value: number) => void, fail: (error: unknown) => void): void {
      ok(1);
      ok(2);
      fail(new Error('x'));
    },
  } as PromiseLike<number>;
  expect(await run(() => abortable(() => twice))).toBe(1);
  expect(await run(() => abortable(() => 3 as never))).toBe(3);
  const unreadable = Object.defineProperty({}, 'then', {
    get() {
      throw new RangeError('not me');
    },
  }) as PromiseLike<number>;
  expect(await thrownBy(() => run(() => abortable(() => unreadable)))).toBeInstanceOf(RangeError);
});

it('the listeners of its signal run in the context of the caller, not of the code that cancels', async () => {
  const storage = new AsyncLocalStorage<string>();
  const scope = new CancelScope();
  let seen: unknown;
  await run(() =>
    openNursery(async (nursery) => {
      nursery.startSoon(function waiting() {
        return scope.run(() =>
          abortable(
            (signal) =>
              new Promise((_resolve, reject) => {
                signal.addEventListener('abort', () => {
                  seen = currentTask().name;
                  reject(signal.reason as Error);
                });
              }),
          ),
        );
      });
      await waitAllTasksBlocked();
      storage.run('canceller', () => scope.cancel());
    }),
  );
  expect(seen).toBe('waiting');
});
