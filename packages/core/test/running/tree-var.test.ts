import { expect, it } from '@jest/globals';
import { all, openNursery, StateError } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { suspend, taskTree, TreeVar } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';

it(
  'P57: holds in the body, in all that it calls, and in the tasks of nurseries that are opened there',
  testRun(async () => {
    const variable = new TreeVar<string>('v');
    expect(() => variable.get()).toThrow(StateError);
    expect(variable.get('fallback')).toBe('fallback');
    const value = await variable.run('outer', async () => {
      await openNursery((nursery) => {
        nursery.startSoon(() => expect(variable.get()).toBe('outer'));
      });
      expect(await variable.run('inner', () => variable.get())).toBe('inner');
      return variable.get();
    });
    expect(value).toBe('outer');
    expect(() => variable.get()).toThrow(/TreeVar v has no value here/);
  }),
);

it(
  'P57: follows the nursery of a task, and not the task that started it',
  testRun(async () => {
    const variable = new TreeVar<string>('v', { default: 'default' });
    await openNursery(async (outside) => {
      await variable.run('inside', async () => {
        const handle = outside.startSoon(() => variable.get());
        expect(await handle.result()).toBe('default');
        await openNursery(async (inside: Nursery) => {
          expect(await inside.startSoon(() => variable.get()).result()).toBe('inside');
        });
      });
    });
  }),
);

it(
  'is kept apart in two branches',
  testRun(async () => {
    const variable = new TreeVar<number>('v');
    const values = await all([
      () => variable.run(1, () => variable.get()),
      () => variable.run(2, () => variable.get()),
    ]);
    expect(values).toEqual([1, 2]);
  }),
);

it('outside of a run it is a StateError', async () => {
  const variable = new TreeVar<number>('v', { default: 1 });
  expect(() => variable.get()).toThrow(StateError);
  await expect(variable.run(1, () => 1)).rejects.toThrow(StateError);
});

it(
  'P65: the description of a wait may be an object, which is asked for its text each time the task tree is shown',
  testRun(async () => {
    let looks = 0;
    const what = { toString: () => `look ${++looks}` };
    await openNursery(async (nursery) => {
      let wake: (() => void) | undefined;
      nursery.startSoon(() =>
        suspend<void>(what, (waker) => {
          wake = () => waker.wake();
          return () => 'succeeded';
        }),
      );
      const [task] = nursery.childTasks;
      await openNursery(() => undefined);
      while (wake === undefined) await openNursery(() => undefined);
      expect(task!.waitingFor).toBe('look 1');
      expect(JSON.stringify(taskTree())).toContain('"what":"look 2"');
      wake();
    });
  }),
);

it(
  'P57: calls the body without arguments, so that its own defaults hold',
  testRun(async () => {
    const body = async (limit = 10): Promise<number> => limit;
    expect(await new TreeVar<string>('v').run('x', body)).toBe(10);
  }),
);
