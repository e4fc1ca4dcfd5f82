import { describe, expect, it } from '@jest/globals';
import {
  all,
  any,
  Cancelled,
  CancelScope,
  checkpoint,
  ExceptionGroup,
  InternalError,
  isCancelled,
  mapConcurrent,
  moveOnAfter,
  openNursery,
  race,
  run,
  sleep,
  sleepForever,
  StateError,
  TaskFailedError,
} from '@tercet/core';
import { currentRunToken, currentTask, nameForeignCancelled } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

/** Throws the `Cancelled` of a scope that has nothing to do with the caller. */
async function throwForeign(): Promise<never> {
  throw await foreignCancelled();
}

async function foreignCancelled(): Promise<Cancelled> {
  let caught: unknown;
  await new CancelScope().run(async (scope) => {
    scope.cancel('somebody else');
    caught = await thrownBy(sleepForever);
    throw caught;
  });
  return caught as Cancelled;
}

/** That the only error in it is the named one, around the `Cancelled`. */
function expectNamed(error: unknown): void {
  const leaves = error instanceof ExceptionGroup ? error.leaves() : [error];
  expect(leaves).toEqual([expect.any(StateError)]);
  expect((leaves[0] as Error).message).toMatch(/Cancelled/);
  expect(isCancelled((leaves[0] as Error).cause)).toBe(true);
}

describe('C-2: a foreign Cancelled is an error', () => {
  it(
    'of a server that shares a promise with a request that is cancelled',
    testRun(async () => {
      let loading: Promise<never> | undefined;
      const get = (): Promise<never> => (loading ??= sleepForever());
      let ended = '';
      const error = await thrownBy(() =>
        openNursery(async (server) => {
          server.startSoon(() => sleepForever().finally(() => (ended = 'with the others')));
          const impatient = new CancelScope();
          server.startSoon(() => impatient.run(get));
          server.startSoon(async () => {
            await checkpoint();
            await get();
          });
          await waitAllOthersBlocked();
          impatient.cancel();
          await sleepForever();
        }),
      );
      expectNamed(error);
      expect(ended).toBe('with the others');
    }),
  );

  it(
    'of the task that throws it, whose state and result say so',
    testRun(async () => {
      let state = '';
      let result: unknown;
      const error = await thrownBy(() =>
        openNursery(async (nursery) => {
          const handle = nursery.startSoon(throwForeign);
          await handle.join();
          state = handle.state;
          result = await new CancelScope({ shield: true }).run(() => thrownBy(() => handle.result()));
        }),
      );
      expectNamed(error);
      expect(state).toBe('failed');
      expect(result).toBeInstanceOf(TaskFailedError);
      expectNamed((result as Error).cause);
    }),
  );

  it(
    'of a task that asks for the result of a cancelled one',
    testRun(async () => {
      const error = await thrownBy(() =>
        openNursery((nursery) => {
          const victim = nursery.startSoon(sleepForever);
          nursery.startSoon(() => victim.result());
          victim.cancel('not needed');
        }),
      );
      expectNamed(error);
    }),
  );

  it(
    'of a task that throws the reason of another scope’s signal',
    testRun(async () => {
      const scope = new CancelScope();
      scope.cancel();
      let reason: unknown;
      await scope.run(({ signal }) => {
        reason = signal.reason;
      });
      expectNamed(
        await thrownBy(() => openNursery((nursery) => nursery.startSoon(() => Promise.reject(reason as Error)))),
      );
    }),
  );

  it(
    'of a body',
    testRun(async () => {
      let rest = false;
      expectNamed(
        await thrownBy(() =>
          openNursery(async () => {
            await throwForeign();
            rest = true;
          }),
        ),
      );
      expect(rest).toBe(false);
    }),
  );

  it.each<[string, () => Promise<unknown>]>([
    ['all()', (): Promise<unknown> => all([throwForeign, sleepForever])],
    ['race()', (): Promise<unknown> => race([throwForeign, sleepForever])],
    ['any()', (): Promise<unknown> => any([throwForeign])],
    ['mapConcurrent()', (): Promise<unknown> => mapConcurrent([1, 2], throwForeign)],
    ['mapConcurrent() over a source', (): Promise<unknown> => mapConcurrent(sourceThatThrows(), (n) => n)],
    ['start()', (): Promise<unknown> => openNursery((nursery) => nursery.start(throwForeign))],
  ])('of %s', (_title, operation) => testRun(async () => expectNamed(await thrownBy(operation)))());

  it('of a callback of runSoon(), and so of the run', async () => {
    const error = await thrownBy(() =>
      run(async () => {
        const cancelled = await foreignCancelled();
        currentRunToken().runSoon(() => {
          throw cancelled;
        });
        await sleepForever();
      }),
    );
    expect(error).toBeInstanceOf(InternalError);
    expectNamed((error as Error).cause);
  });

  it(
    'beside the other errors of a group, of which none is lost',
    testRun(async () => {
      const boom = new Error('boom');
      const error = await thrownBy(() =>
        openNursery((nursery) => {
          nursery.startSoon(async () => {
            throw new ExceptionGroup('both', [boom, await foreignCancelled()]);
          });
        }),
      );
      const leaves = (error as ExceptionGroup).leaves();
      expect(leaves).toEqual([boom, expect.any(StateError)]);
    }),
  );
});

it(
  'C-2: any() goes on when one of its functions throws a foreign Cancelled, and takes the next success',
  testRun(async () => {
    expect(await any([throwForeign, (): Promise<string> => sleep(10).then(() => 'well')])).toBe('well');
  }),
);

it(
  'C-2: race() throws it as the error of the first, as it is',
  testRun(async () => {
    expect(await thrownBy(() => race([throwForeign, sleepForever]))).toBeInstanceOf(StateError);
  }),
);

it(
  'C-2: a scope lets it pass, and so does main',
  testRun(async () => {
    const cancelled = await foreignCancelled();
    const rethrow = (): never => {
      throw cancelled;
    };
    expect(await thrownBy(() => moveOnAfter(10, rethrow))).toBe(cancelled);
    expect(await thrownBy(() => new CancelScope().run(rethrow))).toBe(cancelled);
  }),
);

it('C-2: main throws it unchanged', async () => {
  const error = await thrownBy(() => run(throwForeign));
  expect(error).toBeInstanceOf(Cancelled);
  expect(error).toMatchObject({ reason: 'somebody else' });
});

it(
  'C-2: a Cancelled that was thrown before a shield was set is not foreign',
  testRun(async () => {
    const value = await moveOnAfter(10, async () => {
      await openNursery((nursery) => {
        nursery.startSoon(async () => {
          try {
            await sleepForever();
          } finally {
            nursery.cancelScope.shield = true;
          }
        });
      });
      return 'after the nursery';
    });
    expect(value).toBe('after the nursery');
  }),
);

it.each([
  ['all()', all],
  ['race()', race],
  ['any()', any],
  ['mapConcurrent()', (fns: (() => unknown)[]) => mapConcurrent(fns, (fn) => fn())],
] as const)(
  'C-2: %s has no holes and no undefined error when a function cancels the nursery around it',
  (name, combine) =>
    testRun(async () => {
      const cancelAround = async (): Promise<void> => {
        currentTask().parentNursery!.cancelScope.cancel();
        await sleepForever();
      };
      const error = await thrownBy(() => combine([cancelAround, sleepForever]));
      expect(error).toBeInstanceOf(StateError);
      expect((error as Error).message).toContain(name);
    })(),
);

describe('nameForeignCancelled()', () => {
  it(
    'C-2: leaves errors alone that hold no Cancelled',
    testRun(() => {
      const error = new ExceptionGroup('x', [new Error('y')]);
      expect(nameForeignCancelled(error, 'x')).toBe(error);
    }),
  );

  it(
    'C-2: leaves a Cancelled alone where the calling code is cancelled',
    testRun(async () => {
      const cancelled = await foreignCancelled();
      await new CancelScope().run((scope) => {
        scope.cancel();
        expect(nameForeignCancelled(cancelled, 'x')).toBe(cancelled);
      });
    }),
  );

  it(
    'C-2: names the operation and keeps the Cancelled as the cause',
    testRun(async () => {
      const cancelled = await foreignCancelled();
      const error = nameForeignCancelled(cancelled, 'the handler of a server') as Error;
      expect(error).toBeInstanceOf(StateError);
      expect(error.message).toMatch(/^the handler of a server/);
      expect(error.cause).toBe(cancelled);
    }),
  );
});

/** Lets those go on that have been started, long enough for them to come to their waits, of which one is foreign. */
async function waitAllOthersBlocked(): Promise<void> {
  for (let step = 0; step < 10; step++) await checkpoint();
}

function* sourceThatThrows(): Generator<Promise<number>> {
  yield throwForeign();
}
