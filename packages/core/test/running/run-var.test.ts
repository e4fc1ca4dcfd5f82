import { expect, it } from '@jest/globals';
import { openNursery, StateError } from '@tercet/core';
import { RunVar } from '@tercet/core/lowlevel';
import type { RunVarToken } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { runVirtually } from '../run-virtually.ts';

it('LOC-001: has no value at first, then the one that was set, and none again in another run', async () => {
  const variable = new RunVar<string>('v');
  for (let i = 0; i < 2; i++) {
    await runVirtually(() => {
      expect(() => variable.get()).toThrow(StateError);
      expect(() => variable.get()).toThrow(/RunVar v has no value/);
      variable.set('value');
      expect(variable.get()).toBe('value');
    });
  }
});

it(
  'LOC-001: takes a default, or a fallback, and what was set wins over both',
  testRun(() => {
    const variable = new RunVar<string | undefined>('v', { default: 'default' });
    expect(variable.get()).toBe('default');
    expect(variable.get('fallback')).toBe('fallback');
    expect(variable.get(undefined)).toBeUndefined();
    variable.set('set');
    expect(variable.get('fallback')).toBe('set');
    variable.set(undefined);
    expect(variable.get('fallback')).toBeUndefined();
  }),
);

it(
  'LOC-003: is shared by all tasks of a run, which can also reset it',
  testRun(async () => {
    const variable = new RunVar<number>('v');
    let token: RunVarToken<number> | undefined;
    const outer = variable.set(1);
    await openNursery((nursery) => {
      nursery.startSoon(() => {
        expect(variable.get()).toBe(1);
        token = variable.set(2);
      });
    });
    expect(variable.get()).toBe(2);
    await openNursery((nursery) => void nursery.startSoon(() => variable.reset(token!)));
    expect(variable.get()).toBe(1);
    variable.reset(outer);
    expect(() => variable.get()).toThrow(StateError);
  }),
);

it('G-98: has one value per run, when several runs go on side by side', async () => {
  const variable = new RunVar<number>('v');
  const values = await Promise.all(
    [1, 2, 3].map((n) =>
      runVirtually(async () => {
        variable.set(n);
        await openNursery((nursery) => void nursery.startSoon(() => variable.set(variable.get() * 10)));
        return variable.get();
      }),
    ),
  );
  expect(values).toEqual([10, 20, 30]);
});

it('LOC-004: cannot be used outside of a run', async () => {
  const variable = new RunVar<number>('v', { default: 1 });
  const token = await runVirtually(() => variable.set(2));
  expect(() => variable.get()).toThrow(StateError);
  expect(() => variable.set(1)).toThrow(StateError);
  expect(() => variable.reset(token)).toThrow(StateError);
});

it(
  'refuses the token of another variable',
  testRun(() => {
    const token = new RunVar<number>('other').set(1);
    expect(() => new RunVar<number>('v').reset(token)).toThrow(StateError);
  }),
);
