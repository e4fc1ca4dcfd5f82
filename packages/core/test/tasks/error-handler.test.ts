import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import {
  Cancelled,
  CancelScope,
  ExceptionGroup,
  openNursery,
  sleep,
  sleepForever,
  StateError,
  TaskFailedError,
} from '@tercet/core';
import type { Task } from '@tercet/core';
import { currentTask, suspend } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { runVirtually, thrownBy } from '../run-virtually.ts';

const fail = async (error: unknown, after = 1): Promise<never> => {
  await sleep(after);
  throw error;
};

it(
  'ER-2: onError gets the error and the task, and the others go on',
  testRun(async () => {
    const handled: [unknown, string][] = [];
    const error = new TypeError('boom');
    let finished = false;
    const value = await openNursery(
      (nursery) => {
        nursery.startSoon(fail, error);
        nursery.startSoon(async () => {
          await sleep(50);
          finished = true;
        });
        return 'value';
      },
      { onError: (problem, task) => handled.push([problem, task.name]) },
    );
    expect(handled).toEqual([[error, 'fail']]);
    expect(handled[0]![0]).toBe(error);
    expect([finished, value]).toEqual([true, 'value']);
  }),
);

it('ER-2: an error that onError throws is the error of the child, and cancels the others', async () => {
  let sibling: unknown;
  const thrown = await thrownBy(() =>
    runVirtually(() =>
      openNursery(
        (nursery) => {
          nursery.startSoon(fail, new TypeError('original'));
          nursery.startSoon(async () => {
            sibling = await thrownBy(sleepForever);
            throw sibling;
          });
        },
        {
          onError: (error) => {
            throw new RangeError('replaced', { cause: error });
          },
        },
      ),
    ),
  );
  expect(sibling).toBeInstanceOf(Cancelled);
  expect((thrown as ExceptionGroup).leaves()).toEqual([new RangeError('replaced')]);
});

it(
  'ER-2: the task has failed all the same, for those who ask for its result',
  testRun(async () => {
    await openNursery(
      async (nursery) => {
        const handle = nursery.startSoon(fail, new TypeError('boom'));
        expect(await thrownBy(() => handle.result())).toBeInstanceOf(TaskFailedError);
        expect(handle.state).toBe('failed');
      },
      { onError: () => undefined },
    );
  }),
);

describe('ER-2: onError is not called', () => {
  it(
    'ER-2: for Cancelled, of the task alone, of the nursery, or from outside',
    testRun(async () => {
      const called: unknown[] = [];
      const onError = (error: unknown): void => void called.push(error);
      await openNursery((nursery) => nursery.startSoon(sleepForever).cancel(), { onError });
      await openNursery(
        (nursery) => {
          nursery.startSoon(sleepForever);
          nursery.cancelScope.cancel();
        },
        { onError },
      );
      const scope = new CancelScope({ relativeDeadline: 5 });
      await scope.run(() => openNursery((nursery) => void nursery.startSoon(sleepForever), { onError }));
      expect(scope.cancelledCaught).toBe(true);
      expect(called).toEqual([]);
    }),
  );

  it('ER-2: for the body, whose error comes out', async () => {
    const called: unknown[] = [];
    const thrown = await thrownBy(() =>
      runVirtually(() =>
        openNursery(() => Promise.reject(new TypeError('body')), { onError: (error) => called.push(error) }),
      ),
    );
    expect((thrown as ExceptionGroup).leaves()).toEqual([new TypeError('body')]);
    expect(called).toEqual([]);
  });
});

it(
  'ER-2: a Cancelled beside the error still reaches the scope that was cancelled',
  testRun(async () => {
    const called: unknown[] = [];
    const failing = async (): Promise<void> => {
      await openNursery(async (inner) => {
        inner.startSoon(async () => {
          try {
            await sleepForever();
          } catch {
            throw new Error('cleanup failed');
          }
        });
        await sleepForever();
      });
    };
    const scope = new CancelScope({ relativeDeadline: 5 });
    let after = false;
    await scope.run(async () => {
      await openNursery((nursery) => void nursery.startSoon(failing), { onError: (error) => called.push(error) });
      after = true;
    });
    expect([scope.cancelledCaught, after]).toEqual([true, false]);
    expect((called[0] as ExceptionGroup).leaves()).toEqual([new Error('cleanup failed')]);
    expect(called).toHaveLength(1);
  }),
);

it(
  'ER-2: onError runs in the context of the code that opened the nursery, and may start the task again',
  testRun(async () => {
    const tasks: Task[] = [];
    let restart = (): void => undefined;
    let attempts = 0;
    const work = async (): Promise<void> => {
      await sleep(1);
      if (++attempts < 3) throw new Error(`attempt ${attempts}`);
    };
    await openNursery(
      (nursery) => {
        restart = () => void nursery.startSoon(work);
        restart();
      },
      {
        onError: () => {
          tasks.push(currentTask());
          restart();
        },
      },
    );
    expect(attempts).toBe(3);
    expect(tasks).toEqual([currentTask(), currentTask()]);
  }),
);

it(
  'ER-2: keeps the stores of other libraries that the child had',
  testRun(async () => {
    const requests = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    await openNursery((nursery) => void requests.run('request 1', () => nursery.startSoon(fail, new Error('boom'))), {
      onError: () => seen.push(requests.getStore()),
    });
    expect(seen).toEqual(['request 1']);
  }),
);

it(
  'ER-2: is asked about tasks that start() and startService() have brought',
  testRun(async () => {
    const called: unknown[] = [];
    await openNursery(
      async (nursery) => {
        await nursery.start<void>(async (status) => {
          status.started();
          await fail('after started');
        });
        nursery.startService(fail, 'service', 2);
        await sleep(5);
        const early = await thrownBy(() => nursery.start(() => fail('before started')));
        expect(early).toBe('before started');
      },
      { onError: (error) => called.push(error) },
    );
    expect(called).toEqual(['after started', 'service']);
  }),
);

it('ER-2: a promise, a foreign Cancelled and a hostile error leave no task unended', async () => {
  const endWith = (error: unknown, onError: (error: unknown) => unknown): Promise<unknown> =>
    thrownBy(() => runVirtually(() => openNursery((nursery) => void nursery.startSoon(fail, error), { onError })));
  const cause = new Error('boom');
  const [promise] = ((await endWith(cause, async () => undefined)) as ExceptionGroup).leaves() as Error[];
  expect(promise).toBeInstanceOf(TypeError);
  expect([promise!.message, promise!.cause]).toEqual([expect.stringMatching(/returned a promise/), cause]);

  let foreign: unknown;
  await runVirtually(() =>
    new CancelScope({ relativeDeadline: 1 }).run(async () => {
      foreign = await thrownBy(() => suspend('nothing', () => () => 'succeeded'));
      throw foreign;
    }),
  );
  const group = (await endWith(cause, () => {
    throw foreign;
  })) as ExceptionGroup;
  expect(group.leaves()).toEqual([expect.any(StateError)]);

  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const seen: unknown[] = [];
  await runVirtually(() =>
    openNursery((nursery) => void nursery.startSoon(fail, proxy), { onError: (error) => void seen.push([error]) }),
  );
  expect(seen).toHaveLength(1);
});

it('ER-2: takes nothing but a function', async () => {
  const open = (onError: unknown) => (): Promise<unknown> =>
    thrownBy(() => openNursery(() => 1, { onError: onError as () => void }));
  expect(await runVirtually(open('log'))).toEqual(new TypeError('onError() takes a function, but got "log"'));
  expect(await runVirtually(open(null))).toBeInstanceOf(TypeError);
});

it(
  'ER-2: is typed',
  testRun(async () => {
    // @ts-expect-error -- an error may be anything, not only an Error
    const value = await openNursery(() => 1, { onError: (error: Error) => void error });
    const exact: number | undefined = value;
    expect(exact).toBe(1);
  }),
);
