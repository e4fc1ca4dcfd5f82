import { expect, it } from '@jest/globals';
import { CancelScope, moveOnAfter, openNursery, run, sleep } from '@tercet/core';
import { cheapestLike } from '../../src/running/context-frame.ts';
import { testRun } from '@tercet/testing';
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';

const make = (): AsyncResource => new AsyncResource('TEST');
/** Where a resource keeps its context, if contexts are maps here, as they are since Node 24: then the shortcut has to be taken. */
const key = Object.getOwnPropertySymbols(make()).find(({ description }) => description === 'context_frame');

/** Calls `fn` in a context without any value; jest's own has one. */
function inEmptyContext(fn: () => void): void {
  const empty = make();
  if (key !== undefined) (empty as unknown as Record<symbol, undefined>)[key] = undefined;
  empty.runInAsyncScope(fn);
}

it('stands in for a context that holds one value, and for no other', () => {
  const one = new AsyncLocalStorage<string>();
  const other = new AsyncLocalStorage<string>();
  inEmptyContext(() => {
    one.run('value', () => {
      const single = make();
      expect(cheapestLike(single, other)).toBe(single);
      expect(cheapestLike(single, one) !== single).toBe(key !== undefined);
      other.run('more', () => {
        const double = make();
        expect(cheapestLike(double, one)).toBe(double);
      });
    });
  });
});

it('leaves nothing of the context that it stands in for, and puts it back', () => {
  const storage = new AsyncLocalStorage<string>();
  storage.run('around', () => {
    cheapestLike(make(), storage).runInAsyncScope(() => {
      storage.enterWith('inside');
      expect(storage.getStore()).toBe('inside');
    });
    expect(storage.getStore()).toBe('around');
  });
});

it(
  'a storage of the test keeps its value in tasks, scopes and timeouts that are begun under it, and only there',
  testRun(async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const look = async (): Promise<void> => {
      seen.push(storage.getStore());
      await sleep(1);
      seen.push(storage.getStore());
    };
    await openNursery(async (nursery) => {
      nursery.startSoon(look);
      await storage.run('set', async () => {
        nursery.startSoon(look);
        await new CancelScope().run(look);
        await moveOnAfter(100, look);
      });
      await look();
    });
    expect(seen.filter((value) => value === 'set')).toHaveLength(6);
    expect(seen.filter((value) => value === undefined)).toHaveLength(4);
  }),
);

it('a value that was set before the run is seen by all its tasks', async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen = await storage.run('outer', () =>
    run(async () => {
      const values: (string | undefined)[] = [];
      await openNursery((nursery) => {
        nursery.startSoon(async () => {
          await new CancelScope().run(() => values.push(storage.getStore()));
        });
      });
      return values;
    }),
  );
  expect(seen).toEqual(['outer']);
});
