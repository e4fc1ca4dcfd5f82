import { describe, expect, it } from '@jest/globals';
import { CancelScope, Cancelled, checkpoint, openNursery, run, sleep, sleepForever } from '@tercet/core';
import { currentRunToken, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { MockClock, testRun } from '@tercet/testing';
import { runVirtually, thrownBy } from '../run-virtually.ts';

describe('waitAllTasksBlocked', () => {
  it(
    'G-161: returns when every other task waits, and not while one goes on',
    testRun(async () => {
      const order: string[] = [];
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          for (let i = 0; i < 50; i++) await checkpoint();
          order.push('busy');
          await sleepForever();
        });
        await waitAllTasksBlocked();
        order.push('blocked');
        nursery.cancelScope.cancel();
      });
      expect(order).toEqual(['busy', 'blocked']);
    }),
  );

  it(
    'G-161: does not take a task that awaits a foreign promise for one that waits',
    testRun(async () => {
      const order: string[] = [];
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          // Real time: a foreign timer is what is tested.
          for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 2));
          order.push('foreign');
          await sleepForever();
        });
        await waitAllTasksBlocked();
        order.push('blocked');
        nursery.cancelScope.cancel();
      });
      expect(order).toEqual(['foreign', 'blocked']);
    }),
  );

  it(
    'G-161: wakes those with the smallest cushion first, all of them together, and the others start over',
    testRun(async () => {
      const order: string[] = [];
      await openNursery((nursery) => {
        for (const cushion of [30, 1, 10, 1]) {
          nursery.startSoon(async () => {
            await waitAllTasksBlocked(cushion);
            order.push(`cushion ${cushion}`);
          });
        }
      });
      expect(order).toEqual(['cushion 1', 'cushion 1', 'cushion 10', 'cushion 30']);
    }),
  );

  it(
    'G-161: can be cancelled',
    testRun(async () => {
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          expect(await thrownBy(() => waitAllTasksBlocked(1_000_000))).toBeInstanceOf(Cancelled);
        });
        await waitAllTasksBlocked();
        nursery.cancelScope.cancel();
        expect(await thrownBy(() => waitAllTasksBlocked())).toBeInstanceOf(Cancelled);
      });
    }),
  );

  it.each([-1, NaN])('refuses a cushion of %d', (cushion) =>
    testRun(() => expect(waitAllTasksBlocked(cushion)).rejects.toThrow(RangeError))(),
  );

  it('GST-005: is not ended by a callback from outside that wakes no task', async () => {
    let calls = 0;
    await run(async () => {
      const token = currentRunToken();
      const timer = setInterval(() => token.runSoon(() => void calls++), 1);
      await waitAllTasksBlocked(30);
      clearInterval(timer);
    });
    expect(calls).toBeGreaterThan(0);
  });

  it('GST-004: lets the host move a deadline of a run that sleeps', async () => {
    const scope = new CancelScope({ deadline: 1e9 });
    const irrelevant = new CancelScope();
    const done = runVirtually(() => scope.run(sleepForever), { clock: new MockClock() });
    setImmediate(() => {
      irrelevant.deadline = 5;
      scope.deadline = 1e8;
      setImmediate(() => (scope.deadline = -Infinity));
    });
    await done;
    expect(scope.cancelledCaught).toBe(true);
  });

  it('GST-009: lets the host change how long idleness must last, at once', async () => {
    const clock = new MockClock({ autojumpThreshold: 1e9 });
    const done = run(() => sleep(5000), { clock });
    // Real time: a foreign timer is what is tested.
    setTimeout(() => (clock.autojumpThreshold = 0), 5);
    await done;
    expect(clock.now()).toBe(5000);
  });

  it('GST-008: comes out of a clock that breaks, as an error of the run', async () => {
    const broken = new RangeError('the clock has stopped');
    class BrokenClock extends MockClock {
      override setAlarm(): void {
        throw broken;
      }
    }
    const error = await thrownBy(() => run(() => sleep(5), { clock: new BrokenClock() }));
    expect(error).toBe(broken);
  });
});
