import { describe, expect, it } from '@jest/globals';
import { checkpoint, moveOnAfter, openNursery, sleep, sleepForever } from '@tercet/core';
import {
  currentLocals,
  runWithLocals,
  setCurrentLocals,
  spawnSystemTask,
  waitAllTasksBlocked,
} from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { runVirtually } from '../run-virtually.ts';

it('RUN-210: a run begins with the values of its caller, and the values that it sets stay inside', async () => {
  await runWithLocals({ locals: 'caller' }, async () => {
    await runVirtually(() => {
      expect(currentLocals()).toBe('caller');
      setCurrentLocals('run');
      expect(currentLocals()).toBe('run');
    });
    expect(currentLocals()).toBe('caller');
  });
  expect(currentLocals()).toBeUndefined();
});

it('RUN-210: a run begins with the values that were set outside of every run, too', async () => {
  setCurrentLocals('outside');
  try {
    await runVirtually(() => {
      expect(currentLocals()).toBe('outside');
      setCurrentLocals('run');
    });
    expect(currentLocals()).toBe('outside');
  } finally {
    setCurrentLocals(undefined);
  }
});

it(
  'RUN-211: what a child sets stays in it, and what its parent sets later is seen by the children spawned after that',
  testRun(async () => {
    const seen: unknown[] = [];
    setCurrentLocals('first');
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        setCurrentLocals('child');
        await checkpoint();
        seen.push(currentLocals());
      });
      await waitAllTasksBlocked();
      seen.push(currentLocals());
      nursery.startSoon(() => void seen.push(currentLocals()));
      setCurrentLocals('second');
      nursery.startSoon(() => void seen.push(currentLocals()));
    });
    expect(seen).toEqual(['child', 'first', 'first', 'second']);
  }),
);

it(
  'RUN-212: a system task sees the values at the beginning of the run, another one those of its spawner',
  testRun(async () => {
    const seen: unknown[] = [];
    await openNursery((nursery) => {
      setCurrentLocals('main');
      nursery.startSoon(() => {
        setCurrentLocals('task');
        spawnSystemTask(() => void seen.push('system task', currentLocals()));
        nursery.startSoon(() => void seen.push('task', currentLocals()));
      });
    });
    await waitAllTasksBlocked();
    expect(seen).toEqual(['system task', undefined, 'task', 'task']);
  }),
);

describe('G-97: the values of a task', () => {
  it(
    'are copied from the caller of startSoon, not from the code that opened the nursery',
    testRun(async () => {
      setCurrentLocals('opener');
      await openNursery((nursery) => {
        nursery.startSoon(() => {
          setCurrentLocals('caller');
          nursery.startSoon(() => expect(currentLocals()).toBe('caller'));
        });
      });
    }),
  );

  it(
    'are those of the body of a nursery or scope as well, so that they are seen behind it',
    testRun(async () => {
      await openNursery(() => setCurrentLocals('nursery'));
      expect(currentLocals()).toBe('nursery');
      await moveOnAfter(5, () => setCurrentLocals('scope'));
      expect(currentLocals()).toBe('scope');
    }),
  );

  it(
    'are seen by the caller of a function that set them after an await',
    testRun(async () => {
      const callee = async (): Promise<void> => {
        await sleep(5);
        setCurrentLocals('callee');
        await sleep(5);
      };
      await callee();
      expect(currentLocals()).toBe('callee');
    }),
  );

  it(
    'stay with a task that start() moves to another nursery',
    testRun(async () => {
      setCurrentLocals('caller');
      await openNursery(async (nursery) => {
        await nursery.start<void>(async (status) => {
          setCurrentLocals('child');
          status.started();
          await checkpoint();
          expect(currentLocals()).toBe('child');
        });
        expect(currentLocals()).toBe('caller');
      });
    }),
  );
});

it(
  'CTX-001: a child sees the value of its parent, and what it sets stays in it',
  testRun(async () => {
    setCurrentLocals('parent');
    await openNursery((nursery) => {
      nursery.startSoon(() => {
        expect(currentLocals()).toBe('parent');
        setCurrentLocals('child');
      });
    });
    expect(currentLocals()).toBe('parent');
  }),
);

it(
  'CTX-002: a task that is spawned in other values has them',
  testRun(async () => {
    const holder = { locals: 'copied' as unknown };
    await openNursery((nursery) => {
      runWithLocals(holder, () => {
        nursery.startSoon(() => {
          expect(currentLocals()).toBe('copied');
          setCurrentLocals('child');
        });
      });
      expect(currentLocals()).toBeUndefined();
    });
    expect(holder.locals).toBe('copied');
  }),
);

describe('runWithLocals', () => {
  it(
    'lets what it calls replace the values of the holder, across awaits, and not those of the task',
    testRun(async () => {
      const holder = { locals: 1 as unknown };
      const result = await runWithLocals(holder, async () => {
        await sleep(5);
        setCurrentLocals((currentLocals() as number) + 1);
        await moveOnAfter(5, () => sleepForever());
        return currentLocals();
      });
      expect([result, holder.locals, currentLocals()]).toEqual([2, 2, undefined]);
    }),
  );

  it('returns and throws the same as the function, in a run and outside', async () => {
    const check = async (): Promise<void> => {
      expect(runWithLocals({ locals: 1 }, () => 'value')).toBe('value');
      expect(() =>
        runWithLocals({ locals: 1 }, () => {
          throw new TypeError('sync');
        }),
      ).toThrow(TypeError);
      await expect(runWithLocals({ locals: 1 }, () => Promise.reject(new RangeError('async')))).rejects.toThrow(
        RangeError,
      );
    };
    await check();
    await runVirtually(check);
  });
});
