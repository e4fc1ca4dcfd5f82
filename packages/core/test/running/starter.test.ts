import { expect, it, jest } from '@jest/globals';
import { checkpoint, openNursery, run } from '@tercet/core';
import { testRun } from '@tercet/testing';
import { AsyncLocalStorage } from 'node:async_hooks';
import { thrownBy } from '../run-virtually.ts';

const MANY = 1000;

it(
  'many tasks begin in the order in which they were spawned, also those that they spawn themselves',
  testRun(async () => {
    const begun: string[] = [];
    await openNursery((nursery) => {
      for (let index = 0; index < MANY; index++) {
        nursery.startSoon(() => {
          begun.push(`${index}`);
          if (index % 100 === 0) nursery.startSoon(() => void begun.push(`child of ${index}`));
        });
      }
    });
    const children = Array.from({ length: MANY / 100 }, (_, index) => `child of ${index * 100}`);
    expect(begun).toEqual([...Array.from({ length: MANY }, (_, index) => `${index}`), ...children]);
  }),
);

it(
  'of many tasks, the first go on before the last begins',
  testRun(async () => {
    let running = 0;
    let most = 0;
    await openNursery((nursery) => {
      for (let index = 0; index < MANY; index++) {
        nursery.startSoon(async () => {
          most = Math.max(most, ++running);
          await Promise.resolve();
          running--;
        });
      }
    });
    expect(running).toBe(0);
    expect(most).toBeLessThan(MANY / 2);
  }),
);

it(
  'a task that spawns its successor, again and again, keeps none of its predecessors from being forgotten',
  testRun(async () => {
    let begun = 0;
    await openNursery((nursery) => {
      const successor = (): void => {
        if (++begun < 10 * MANY) nursery.startSoon(successor);
      };
      nursery.startSoon(successor);
    });
    expect(begun).toBe(10 * MANY);
  }),
);

it.each([0, 127, 128, 199])(
  'of many tasks the one at %d spawns another, which begins when the others have',
  (spawner) =>
    testRun(async () => {
      const begun: (number | string)[] = [];
      await openNursery((nursery) => {
        for (let index = 0; index < 200; index++) {
          nursery.startSoon(() => {
            begun.push(index);
            if (index === spawner) nursery.startSoon(() => void begun.push('child'));
          });
        }
      });
      expect(begun).toEqual([...Array.from({ length: 200 }, (_, index) => index), 'child']);
    })(),
);

it(
  'a checkpoint of the spawner comes after the task that it has spawned, also when the event loop has to turn in between',
  testRun(async () => {
    let [begun, inOrder] = [0, 0];
    await openNursery(async (nursery) => {
      for (let round = 0; round < 20_000; round++) {
        nursery.startSoon(() => begun++);
        await checkpoint();
        if (begun === round + 1) inOrder++;
      }
    });
    expect(inOrder).toBe(20_000);
  }),
);

it('a platform that throws while a task is started fails the run, and neither hangs nor keeps the others from beginning', async () => {
  let begun = 0;
  const error = await thrownBy(() =>
    run(() =>
      openNursery((nursery) => {
        nursery.startSoon(() => void begun++);
        nursery.startSoon(() => void begun++);
        nursery.startSoon(() => void begun++);
        const enterWith = Reflect.get(AsyncLocalStorage.prototype, 'enterWith') as (frame: unknown) => void;
        jest.spyOn(AsyncLocalStorage.prototype, 'enterWith').mockImplementation(function (
          this: AsyncLocalStorage<unknown>,
          frame,
        ) {
          if (begun++ === 0) throw new RangeError('not implemented');
          Reflect.apply(enterWith, this, [frame]);
          begun--;
        });
      }),
    ),
  );
  expect(error).toMatchObject({ name: 'InternalError', cause: { message: 'not implemented' } });
  expect(begun).toBe(3);
});
