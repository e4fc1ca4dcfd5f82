import { expect, it } from '@jest/globals';
import { CancelScope, checkpoint, named, Nursery, openNursery, sleepForever, StateError } from '@tercet/core';
import { currentTask, runOutside, spawnSystemTask, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';

it('RUN-220: has no public constructor, and no subclass', () => {
  // As JavaScript sees it: for TypeScript the constructor is private.
  const Class = Nursery as unknown as new () => Nursery;
  expect(() => new Class()).toThrow(TypeError);
  expect(() => new Class()).toThrow(/openNursery/);
  class Sub extends Class {}
  expect(() => new Sub()).toThrow(TypeError);
});

it(
  'RUN-150: the nurseries of a task are listed in order, and no more when they have closed',
  testRun(async () => {
    const task = currentTask();
    expect(task.childNurseries).toEqual([]);
    await openNursery(async (outer) => {
      expect(task.childNurseries).toEqual([outer]);
      await openNursery((inner) => {
        expect(task.childNurseries).toEqual([outer, inner]);
        expect([outer.parentTask, inner.parentTask]).toEqual([task, task]);
      });
      expect(task.childNurseries).toEqual([outer]);
    });
    expect(task.childNurseries).toEqual([]);
  }),
);

it(
  'RUN-151: the tasks of nurseries are listed, three levels down',
  testRun(async () => {
    const main = currentTask();
    await openNursery(async (top) => {
      top.startSoon(
        named('middle', () =>
          openNursery((nursery) => {
            for (const name of ['left', 'right']) nursery.startSoon(named(name, sleepForever));
          }),
        ),
      );
      await waitAllTasksBlocked();
      const [middle] = top.childTasks;
      expect(main.childNurseries[0]!.childTasks.size).toBe(1);
      expect(middle!.name).toBe('middle');
      expect(middle!.parentNursery).toBe(top);
      const leaves = [...middle!.childNurseries[0]!.childTasks];
      expect(leaves.map(({ name }) => name)).toEqual(['left', 'right']);
      expect(leaves.map((leaf) => leaf.childNurseries)).toEqual([[], []]);
      top.cancelScope.cancel();
    });
  }),
);

it(
  'RUN-190: the list is right again after a nested nursery has failed',
  testRun(async () => {
    const task = currentTask();
    await openNursery(async (outer) => {
      await openNursery(() => Promise.reject(new TypeError('x'))).catch(() => undefined);
      expect(task.childNurseries).toEqual([outer]);
    });
    expect(task.childNurseries).toEqual([]);
  }),
);

it(
  'RUN-156: tasks are named after their function, or as named() says, and bound functions after the original',
  testRun(async () => {
    async function worker(): Promise<void> {}
    await openNursery((nursery) => {
      const names = [worker, named('other', worker), worker.bind(null), (): undefined => undefined].map(
        (fn) => nursery.startSoon(fn as () => unknown).name,
      );
      expect(names).toEqual(['worker', 'other', 'worker', '<anonymous>']);
      nursery.startSoon(named('itself', () => expect(currentTask().name).toBe('itself')));
    });
    expect(spawnSystemTask(worker).name).toBe('worker');
    expect(spawnSystemTask(named('system', worker)).name).toBe('system');
  }),
);

it(
  'G-53: a nursery has one scope, which cancels no other nursery, and shows its state',
  testRun(async () => {
    await new CancelScope().run(async (outer) => {
      let closed: unknown;
      await openNursery((nursery) => {
        closed = nursery;
        expect(nursery.cancelScope).toBe(nursery.cancelScope);
        nursery.startSoon(sleepForever);
        expect(inspect(nursery)).toBe('<Nursery of <anonymous>: 1 tasks>');
        nursery.cancelScope.cancel();
      });
      expect(inspect(closed)).toBe('<Nursery of <anonymous>: closed>');
      expect(outer.cancelCalled).toBe(false);
    });
  }),
);

it(
  'N-12: startSoon() of a closed nursery throws into the emitter that calls it, and starts nothing',
  testRun(async () => {
    const server = new EventEmitter();
    let started = 0;
    await openNursery((nursery) => {
      server.on('connection', () => nursery.startSoon(() => started++));
      server.emit('connection');
    });
    expect(started).toBe(1);
    expect(() => server.emit('connection')).toThrow(StateError);
    expect(() => server.emit('connection')).toThrow(/closed/);
    await checkpoint();
    expect(started).toBe(1);
  }),
);

it(
  'N-12: startSoon() may be called by an emitter outside of every run',
  testRun(async () => {
    const server = new EventEmitter();
    let started = 0;
    await openNursery(async (nursery) => {
      server.on('connection', () => nursery.startSoon(() => started++));
      runOutside(() => server.emit('connection'));
      await checkpoint();
    });
    expect(started).toBe(1);
  }),
);
