import { describe, expect, it } from '@jest/globals';
import { CancelScope, moveOnAfter, openNursery, run, sleep } from '@tercet/core';
import { contextsOf, documentedContexts } from '../../src/undocumented/contexts.ts';
import type { Contexts } from '../../src/undocumented/contexts.ts';
import { testRun } from '@tercet/testing';
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';

// Bun and Deno tell which version of Node they stand for, and have contexts of their own.
const { node, bun, deno } = process.versions;
const contextsAreMaps = Number(node.split('.')[0]) >= 24 && bun === undefined && deno === undefined;

it('the fast way is taken wherever contexts are maps', () => {
  const captured = contextsOf(new AsyncLocalStorage()).capture();
  expect(captured instanceof AsyncResource).toBe(!contextsAreMaps);
});

describe.each<[string, <F>(storage: AsyncLocalStorage<F>) => Contexts<F>]>([
  ['the fastest way', contextsOf],
  ['the documented way', documentedContexts],
])('%s to frames', (_title, make) => {
  it('finds the frame that was entered, also after an await, and puts back the one around', async () => {
    const storage = new AsyncLocalStorage<string>();
    const contexts = make(storage);
    expect(contexts.current()).toBeUndefined();
    const seen = await contexts.enter(
      'outer',
      async (argument) => {
        const inner = contexts.enter('inner', () => [contexts.current()], undefined);
        const before = contexts.current();
        await Promise.resolve();
        return [argument, ...inner, before, contexts.current(), storage.getStore()];
      },
      'argument',
    );
    expect(seen).toEqual(['argument', 'inner', 'outer', 'outer', 'outer']);
    expect(contexts.current()).toBeUndefined();
  });

  it('puts back the frame around when the function throws', () => {
    const contexts = make(new AsyncLocalStorage<string>());
    contexts.enter(
      'outer',
      () => {
        expect(() => contexts.enter('inner', fail, undefined)).toThrow('inside');
        expect(contexts.current()).toBe('outer');
      },
      undefined,
    );
  });

  it('keeps the values of other storages, those of the moment of capturing', async () => {
    const contexts = make(new AsyncLocalStorage<string>());
    const other = new AsyncLocalStorage<string>();
    const captured = other.run('captured', () => contexts.enter('spawner', () => contexts.capture(), undefined));
    const seen = await other.run('later', () =>
      contexts.enterFrom(
        captured,
        'task',
        async () => {
          const before = other.getStore();
          await Promise.resolve();
          return [before, other.getStore(), contexts.current()];
        },
        undefined,
      ),
    );
    expect(seen).toEqual(['captured', 'captured', 'task']);
    expect(other.getStore()).toBeUndefined();
  });
});

function fail(): never {
  throw new Error('inside');
}

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
