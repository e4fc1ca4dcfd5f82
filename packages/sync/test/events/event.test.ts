import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, openNursery } from '@tercet/core';
import { Event } from '@tercet/sync';
import { assertCheckpoints, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { expectCancelled } from '../expect-cancelled.ts';

describe('Event', () => {
  it('SYN-001: isSet is false, and true once it has been set', () => {
    const event = new Event();
    expect(event.isSet).toBe(false);
    event.set();
    expect(event.isSet).toBe(true);
    event.set();
    expect(event.isSet).toBe(true);
  });

  it(
    'SYN-002: waiting for an event that is set is a checkpoint',
    testRun(async () => {
      const event = new Event();
      event.set();
      await assertCheckpoints(() => event.wait());
      await expectCancelled(() => event.wait());
    }),
  );

  it(
    'SYN-003: two waiters are both woken by one set',
    testRun(async () => {
      const event = new Event();
      const woken: string[] = [];
      await openNursery(async (nursery) => {
        for (const name of ['a', 'b']) {
          nursery.startSoon(async () => {
            await event.wait();
            woken.push(name);
          });
        }
        await waitAllTasksBlocked();
        expect(event.statistics()).toEqual({ tasksWaiting: 2 });
        expect(woken).toEqual([]);
        event.set();
        expect(event.statistics()).toEqual({ tasksWaiting: 0 });
      });
      expect(woken.sort()).toEqual(['a', 'b']);
    }),
  );

  it(
    'leaves no trace of a cancelled waiter',
    testRun(async () => {
      const event = new Event();
      const scope = new CancelScope();
      await openNursery(async (nursery) => {
        nursery.startSoon(() => scope.run(() => event.wait()));
        await waitAllTasksBlocked();
        expect(event.statistics().tasksWaiting).toBe(1);
        scope.cancel();
        expect(event.statistics().tasksWaiting).toBe(0);
      });
      expect(event.isSet).toBe(false);
    }),
  );

  it(
    'G-19: a waiter that the event has woken is not cancelled any more',
    testRun(async () => {
      const event = new Event();
      const scope = new CancelScope();
      let seen = false;
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          scope.run(async () => {
            await event.wait();
            seen = true;
          }),
        );
        await waitAllTasksBlocked();
        event.set();
        scope.cancel();
      });
      expect(seen).toBe(true);
    }),
  );

  it(
    'can be set from a callback outside of the run',
    testRun(async () => {
      const event = new Event();
      setImmediate(() => event.set());
      await event.wait();
      expect(event.isSet).toBe(true);
    }),
  );

  it('shows itself', () => {
    const event = new Event();
    expect(inspect(event)).toBe('<Event unset, 0 waiting>');
    event.set();
    expect(inspect(event)).toBe('<Event set, 0 waiting>');
  });

  it('cannot be awaited outside of a run', async () => {
    const event = new Event();
    await expect(event.wait()).rejects.toThrow('outside of a run');
    event.set();
    await expect(event.wait()).rejects.toThrow('outside of a run');
    expect(event.statistics().tasksWaiting).toBe(0);
  });
});
