import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ContextVar } from '@tercet/context';
import { run } from '@tercet/core';
import { openWorkers } from '@tercet/parallel';
import { errorOf, KINDS, plain, tasks } from '../jobs.ts';

const user = new ContextVar<unknown>('test user', { crossing: true });
const local = new ContextVar<string>('test local', { default: 'default' });

describe.each(KINDS)('with workers of kind %s', (kind) => {
  it('P44, THR-017: variables that cross are set in the job, others are not, and changes stay there', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        expect(await workers.run(tasks['seeContext']!)).toEqual(['none', 'default']);
        user.set('Ada');
        local.set('here');
        expect(await workers.run(tasks['seeContext']!)).toEqual(['Ada', 'default']);
        expect(await workers.run(tasks['changeContext']!, 'Grace')).toBe('Grace');
        expect(user.get()).toBe('Ada');
        expect(await workers.run(tasks['seeContext']!)).toEqual(['Ada', 'default']);
        await user.run('Edsger', async () => {
          expect(await workers.run(tasks['seeContext']!)).toEqual(['Edsger', 'default']);
        });
      }),
    ));

  it('P44: nothing of one job is seen by the next', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        await workers.run(tasks['changeContext']!, 'Grace');
        expect(await workers.run(tasks['seeContext']!)).toEqual(['none', 'default']);
      }),
    ));

  it('P45: a value that cannot be cloned names its variable', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        user.set({ send: () => undefined });
        const error = await errorOf(workers.run(plain['add']!, 1, 2));
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(/the context variable test user, at \.send, is a function/);
      }),
    ));

  it('P47: onProgress runs in the context of the caller, and what it throws ends the call', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const storage = new AsyncLocalStorage<string>();
        const seen: unknown[] = [];
        local.set('the caller');
        await storage.run('a store', () =>
          workers
            .with({ onProgress: (value) => seen.push([value, storage.getStore(), local.get()]) })
            .run(plain['reportAll']!, 0),
        );
        expect(seen).toEqual([[0, 'a store', 'the caller']]);
        const broken = workers.with({
          onProgress: () => {
            throw new RangeError('no screen');
          },
        });
        const error = await errorOf(broken.run(plain['reportAll']!, 0));
        expect(String(error.message)).toContain('no screen');
        expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
      }),
    ));
});

it.each(KINDS)('P46: stores of an AsyncLocalStorage do not cross to a %s, as the README says', (kind) =>
  run(() =>
    openWorkers({ kind, max: 1 }, async (workers) => {
      const storage = new AsyncLocalStorage<unknown>();
      // One that could be cloned, and one that could not.
      for (const store of ['a store', () => undefined]) {
        await storage.run(store, async () => {
          expect(await workers.run(tasks['readStorage']!)).toBe('no store');
          expect(storage.getStore()).toBe(store);
        });
      }
      const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
      expect(readme).toMatch(/`AsyncLocalStorage` of other\s+libraries do not cross/);
    }),
  ),
);
