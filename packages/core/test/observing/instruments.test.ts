import { describe, expect, it, jest } from '@jest/globals';
import { CancelScope, checkpoint, named, openNursery, run, sleep, sleepForever, StateError } from '@tercet/core';
import {
  addInstrument,
  currentTask,
  inTask,
  removeInstrument,
  suspend,
  waitAllTasksBlocked,
} from '@tercet/core/lowlevel';
import type { Instrument, RunStatistics, Task } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { runVirtually, thrownBy } from '../run-virtually.ts';

/** Records all calls. */
function recorder(): Instrument & { readonly events: string[] } {
  const events: string[] = [];
  const note =
    (event: string) =>
    (task?: Task | RunStatistics): void =>
      void events.push(task !== undefined && 'name' in task ? `${event} ${task.name}` : event);
  return {
    events,
    beforeRun: note('before run'),
    afterRun: note('after run'),
    taskSpawned: note('spawned'),
    taskScheduled: note('scheduled'),
    taskExited: note('exited'),
    scopeCancelled: note('cancelled in'),
  };
}

it('INS-001: is called for a run from its beginning to its end, in order', async () => {
  const instrument = recorder();
  await runVirtually(
    named('main', async () => {
      await sleep(10);
      await openNursery((nursery) => {
        nursery.startSoon(
          named('child', () => suspend<void>('x', (waker) => (setImmediate(() => waker.wake()), () => 'succeeded'))),
        );
      });
    }),
    { instruments: [instrument] },
  );
  const events = instrument.events.filter((event) => !event.includes('root') && !event.includes('anonymous'));
  expect(events[0]).toBe('before run');
  expect(events.at(-1)).toBe('after run');
  expect(events.filter((event) => event.includes('child'))).toEqual([
    'spawned child',
    'scheduled child',
    'exited child',
  ]);
});

it(
  'INS-001: may be added and removed while the run goes on',
  testRun(async () => {
    const instrument = recorder();
    const spawn = (name: string): Promise<unknown> =>
      openNursery((nursery) => nursery.startSoon(named(name, () => undefined)));
    await spawn('before');
    addInstrument(instrument);
    await spawn('meanwhile');
    removeInstrument(instrument);
    await spawn('after');
    const tasks = instrument.events.filter((event) => /before|meanwhile|after/.test(event));
    expect(tasks).toEqual(['spawned meanwhile', 'exited meanwhile']);
    expect(() => removeInstrument(instrument)).toThrow(StateError);
  }),
);

it(
  'INS-002: sees two tasks in turn',
  testRun(async () => {
    const instrument = recorder();
    addInstrument(instrument);
    await openNursery((nursery) => {
      for (const name of ['a', 'b']) nursery.startSoon(named(name, () => sleep(5)));
    });
    removeInstrument(instrument);
    const events = instrument.events.filter((event) => / [ab]$/.test(event));
    expect(events).toEqual(['spawned a', 'spawned b', 'scheduled a', 'scheduled b', 'exited a', 'exited b']);
  }),
);

it('INS-003: needs no hook at all, and sees main', async () => {
  const names: string[] = [];
  const onlyOne: Instrument = { taskExited: (task) => void names.push(task.name) };
  await run(
    named('the main one', () => undefined),
    { instruments: [{}, onlyOne] },
  );
  expect(names).toContain('the main one');
});

it(
  'ABC-001: is an interface of which every part may be left out',
  testRun(async () => {
    const nothing: Instrument = {};
    addInstrument(nothing);
    await sleep(1);
    removeInstrument(nothing);
    // @ts-expect-error -- a hook is a function
    const wrong: Instrument = { taskSpawned: 5 };
    expect(wrong).toBeDefined();
  }),
);

it(
  'INS-005: G-162: has the hooks that it had when it was added, until it is added anew',
  testRun(async () => {
    const seen: string[] = [];
    const instrument: Instrument = { taskSpawned: () => void seen.push('first') };
    const spawn = (): Promise<unknown> => openNursery((nursery) => nursery.startSoon(() => undefined));
    addInstrument(instrument);
    instrument.taskSpawned = (): void => void seen.push('second');
    await spawn();
    removeInstrument(instrument);
    addInstrument(instrument);
    await spawn();
    removeInstrument(instrument);
    expect(seen).toEqual(['first', 'second']);
  }),
);

it('INS-006: G-162: is not added at all when one of its hooks cannot be read', async () => {
  const called: string[] = [];
  const broken: Instrument = {
    taskSpawned: () => void called.push('spawned'),
    get taskExited(): never {
      throw new TypeError('cannot be read');
    },
  };
  await runVirtually(async () => {
    expect(() => addInstrument(broken)).toThrow(TypeError);
    expect(() => removeInstrument(broken)).toThrow(StateError);
    await openNursery((nursery) => nursery.startSoon(() => undefined));
  });
  expect(called).toEqual([]);
  expect(await thrownBy(() => run(() => undefined, { instruments: [broken] }))).toBeInstanceOf(TypeError);
});

it('INS-007: knows in its hooks whether it is called by a task', async () => {
  const seen: Record<string, boolean> = {};
  const instrument: Instrument = {
    beforeRun: () => (seen['beforeRun'] = inTask()),
    afterRun: () => (seen['afterRun'] = inTask()),
    taskSpawned: (task) => {
      if (task.name === 'child') seen['taskSpawned'] = inTask() && currentTask().name !== 'child';
    },
    scopeCancelled: () => (seen['scopeCancelled'] ??= inTask()),
  };
  await runVirtually(
    () =>
      openNursery(async (nursery) => {
        nursery.startSoon(named('child', sleepForever));
        await waitAllTasksBlocked();
        nursery.cancelScope.cancel();
      }),
    { instruments: [instrument] },
  );
  expect(seen).toEqual({ beforeRun: false, afterRun: false, taskSpawned: true, scopeCancelled: true });
});

it('G-162: is removed when it throws, with a warning, and the run goes on', async () => {
  const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  let calls = 0;
  const broken: Instrument = {
    taskSpawned: () => {
      calls++;
      throw new RangeError('broken hook');
    },
  };
  const other = recorder();
  await runVirtually(
    async () => {
      for (let i = 0; i < 3; i++) await openNursery((nursery) => nursery.startSoon(() => undefined));
    },
    { instruments: [broken, other] },
  );
  expect(calls).toBe(1);
  expect(emit).toHaveBeenCalledTimes(1);
  expect(emit.mock.calls[0]![0]).toMatch(/taskSpawned.*broken hook/);
  expect(other.events.filter((event) => event.startsWith('spawned'))).toHaveLength(4);
});

describe('node:diagnostics_channel', () => {
  it('publishes the same to subscribers of the channels', async () => {
    const seen: string[] = [];
    const channels = ['run:started', 'run:ended', 'task:spawned', 'task:exited', 'scope:cancelled'];
    const listeners = channels.map((name) => {
      const listener = (message: unknown): void => {
        const { task, name: run, source } = message as { task?: Task; name?: string; source?: string };
        seen.push([name, run ?? task?.name, source].filter(Boolean).join(' '));
      };
      subscribe(`tercet:${name}`, listener);
      return [`tercet:${name}`, listener] as const;
    });
    await run(
      named('main', () =>
        new CancelScope().run(async (scope) => {
          scope.cancel('why');
          await checkpoint();
        }),
      ),
      { name: 'observed' },
    );
    for (const [name, listener] of listeners) unsubscribe(name, listener);
    await run(() => undefined, { name: 'unobserved' });
    expect(seen[0]).toBe('run:started observed');
    expect(seen.at(-1)).toBe('run:ended observed');
    expect(seen).toEqual(
      expect.arrayContaining(['task:spawned main', 'scope:cancelled main explicit', 'task:exited main']),
    );
    expect(seen.join()).not.toContain('unobserved');
  });
});
