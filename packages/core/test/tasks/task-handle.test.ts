import { describe, expect, it } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  currentTime,
  ExceptionGroup,
  moveOnAfter,
  openNursery,
  shielded,
  sleep,
  sleepForever,
  TaskFailedError,
} from '@tercet/core';
import type { TaskHandle } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

it(
  'G-53: shows name and state, and is not a promise',
  testRun(async () => {
    let handle: TaskHandle<number> | undefined;
    await openNursery((nursery) => {
      handle = nursery.startSoon(async function answer() {
        await sleep(10);
        return 42;
      });
      expect([handle.name, handle.state]).toEqual(['answer', 'running']);
      expect('then' in handle).toBe(false);
    });
    expect(handle!.state).toBe('done');
    expect(await handle!.result()).toBe(42);
  }),
);

describe('cancel()', () => {
  it(
    'ends this task only, with its children, and neither nursery nor siblings notice',
    testRun(async () => {
      let sibling = false;
      let grandchild: unknown;
      let handle: TaskHandle<unknown> | undefined;
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await sleep(10);
          sibling = true;
        });
        handle = nursery.startSoon(() =>
          openNursery((inner) => {
            inner.startSoon(async () => {
              grandchild = await thrownBy(sleepForever);
              throw grandchild;
            });
          }),
        );
        await waitAllTasksBlocked();
        handle.cancel('enough');
        handle.cancel('again');
        await handle.join();
        expect(nursery.cancelScope.cancelCalled).toBe(false);
      });
      expect([sibling, handle!.state]).toEqual([true, 'cancelled']);
      expect(grandchild).toMatchObject({ source: 'explicit', reason: 'enough' });
    }),
  );

  it(
    'before the task has begun lets it begin, and end at its first checkpoint',
    testRun(async () => {
      let begun = false;
      await openNursery((nursery) => {
        nursery
          .startSoon(async () => {
            begun = true;
            await checkpoint();
            begun = false;
          })
          .cancel();
      });
      expect(begun).toBe(true);
    }),
  );

  it(
    'of a task that has ended, or ends without a checkpoint, changes nothing',
    testRun(async () => {
      await openNursery(async (nursery) => {
        const quick = nursery.startSoon(() => 1);
        quick.cancel();
        await quick.join();
        quick.cancel();
        expect([quick.state, await quick.result()]).toEqual(['done', 1]);
      });
    }),
  );

  it(
    'does not hide the error of a cleanup',
    testRun(async () => {
      const error = (await thrownBy(() =>
        openNursery(async (nursery) => {
          const handle = nursery.startSoon(async () => {
            await thrownBy(sleepForever);
            throw new TypeError('cleanup');
          });
          await waitAllTasksBlocked();
          handle.cancel();
        }),
      )) as ExceptionGroup;
      expect(error.errors).toEqual([new TypeError('cleanup')]);
    }),
  );
});

describe('join()', () => {
  it(
    'waits for the end, however it comes, and is a checkpoint',
    testRun(async () => {
      const error = (await thrownBy(() =>
        openNursery(async (nursery) => {
          const slow = nursery.startSoon(sleep, 50);
          await slow.join();
          expect(currentTime()).toBe(50);
          await slow.join();
          const failing = nursery.startSoon(() => Promise.reject(new TypeError('x')));
          await shielded(() => failing.join());
          expect(failing.state).toBe('failed');
          nursery.cancelScope.cancel();
          expect(await thrownBy(() => slow.join())).toBeInstanceOf(Cancelled);
        }),
      )) as ExceptionGroup;
      expect(error.errors).toEqual([new TypeError('x')]);
    }),
  );

  it(
    'of many tasks at once, and cancelled without harm to the task',
    testRun(async () => {
      await openNursery(async (nursery) => {
        const handle = nursery.startSoon(sleep, 100);
        for (let i = 0; i < 3; i++) nursery.startSoon(() => handle.join());
        const scope = new CancelScope({ relativeDeadline: 10 });
        await scope.run(() => handle.join());
        expect([scope.cancelledCaught, handle.state]).toEqual([true, 'running']);
      });
      expect(currentTime()).toBe(100);
    }),
  );
});

describe('result()', () => {
  it(
    'throws TaskFailedError with the error as cause when the task has failed',
    testRun(async () => {
      const cause = new TypeError('x');
      let error: unknown;
      await thrownBy(() =>
        openNursery(async (nursery) => {
          const handle = nursery.startSoon(async function broken() {
            await Promise.reject(cause);
          });
          error = await thrownBy(() => shielded(() => handle.result()));
        }),
      );
      expect(error).toBeInstanceOf(TaskFailedError);
      expect((error as Error).cause).toBe(cause);
      expect((error as Error).message).toContain('broken');
    }),
  );

  it(
    'throws Cancelled with its reason when the task was cancelled',
    testRun(async () => {
      await openNursery(async (nursery) => {
        const handle = nursery.startSoon(sleepForever);
        handle.cancel('not needed');
        expect(await thrownBy(() => handle.result())).toMatchObject({ name: 'Cancelled', reason: 'not needed' });
      });
    }),
  );

  it(
    'returns the value of a task that absorbs its own cancellation',
    testRun(async () => {
      await openNursery(async (nursery) => {
        const handle = nursery.startSoon(() => moveOnAfter(10, () => sleepForever()).then(() => 'value'));
        expect(await handle.result()).toBe('value');
      });
    }),
  );
});

it(
  'has the type of the value of its function',
  testRun(async () => {
    await openNursery(async (nursery) => {
      const handle = nursery.startSoon((a: number, b: string) => Promise.resolve(`${a}${b}`), 1, 'x');
      const value: string = await handle.result();
      expect(value).toBe('1x');
      // @ts-expect-error -- a string is not a number
      const wrong: number = await handle.result();
      expect(wrong).toBe('1x');
      // @ts-expect-error -- the second argument is missing
      nursery.startSoon((_a: number, _b: string) => undefined, 1);
      // @ts-expect-error -- the argument has another type
      nursery.startSoon((_a: number) => undefined, 'x');
    });
  }),
);
