import { describe, expect, it, jest } from '@jest/globals';
import { CancelScope, currentTime, openNursery, run, sleep, sleepForever, StateError } from '@tercet/core';
import { currentClock } from '@tercet/core/lowlevel';
import { MockClock, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { inspect } from 'node:util';

describe('a clock that stands still', () => {
  it('CLK-001: starts at 0 and moves only by jumps', () => {
    const clock = new MockClock();
    expect(clock.rate).toBe(0);
    expect(clock.autojumpThreshold).toBe(Infinity);
    expect(clock.now()).toBe(0);
    expect(clock.now()).toBe(0);
    clock.jump(1200);
    expect(clock.now()).toBe(1200);
    clock.jump({ seconds: 1 });
    expect(clock.now()).toBe(2200);
  });

  it.each([-1, NaN, Infinity])('CLK-001: refuses to jump by %d, and stays where it is', (duration) => {
    const clock = new MockClock();
    clock.jump(5);
    expect(() => clock.jump(duration)).toThrow(RangeError);
    expect(clock.now()).toBe(5);
  });

  it(
    'CLK-002: rings when a jump reaches the deadline, and not before',
    testRun(
      async (clock) => {
        let awake = false;
        await openNursery(async (nursery) => {
          nursery.startSoon(async () => {
            await sleep(100);
            awake = true;
          });
          await waitAllTasksBlocked();
          clock.jump(99);
          await waitAllTasksBlocked();
          expect(awake).toBe(false);
          clock.jump(1);
          await waitAllTasksBlocked();
          expect(awake).toBe(true);
        });
      },
      { clock: () => new MockClock() },
    ),
  );

  it(
    'G-160: lets all deadlines expire that a jump passes, the earliest first',
    testRun(
      async (clock) => {
        const woken: number[] = [];
        await openNursery(async (nursery) => {
          for (const duration of [300, 100, 200, 401]) {
            nursery.startSoon(async () => {
              await sleep(duration);
              woken.push(duration);
            });
          }
          await waitAllTasksBlocked();
          clock.jump(400);
          await waitAllTasksBlocked();
          expect(woken).toEqual([100, 200, 300]);
          clock.jump(1);
        });
        expect(woken).toEqual([100, 200, 300, 401]);
      },
      { clock: () => new MockClock() },
    ),
  );

  it('G-160: can jump from outside of the run', async () => {
    const clock = new MockClock();
    const done = run(() => sleep({ hours: 1 }), { clock });
    await turn();
    clock.jump({ hours: 1 });
    await expect(done).resolves.toBeUndefined();
  });
});

describe('an alarm', () => {
  it('rings once, for the deadline that was set last', () => {
    const clock = new MockClock();
    const first = jest.fn();
    const second = jest.fn();
    clock.setAlarm(5, first);
    clock.setAlarm(10, second);
    clock.jump(9);
    clock.jump(1);
    clock.jump(1);
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
  });

  it('does not ring after it was cleared', () => {
    const clock = new MockClock();
    const fire = jest.fn();
    clock.setAlarm(5, fire);
    clock.clearAlarm();
    clock.jump(5);
    expect(fire).not.toHaveBeenCalled();
  });
});

describe('a clock with a rate', () => {
  it.each([-1, NaN, Infinity])('CLK-003: refuses the rate %d', (rate) => {
    expect(() => new MockClock({ rate })).toThrow(RangeError);
    const clock = new MockClock({ rate: 2 });
    expect(() => (clock.rate = rate)).toThrow(RangeError);
    expect(clock.rate).toBe(2);
  });

  it.each([1000, 2, 0.5])('CLK-003: goes %d times as fast as real time', (rate) => {
    const clock = new MockClock({ rate });
    const before = performance.now();
    const first = clock.now();
    const after = performance.now();
    spin(3);
    const beforeSecond = performance.now();
    const second = clock.now();
    const afterSecond = performance.now();
    expect(second - first).toBeGreaterThanOrEqual((beforeSecond - after) * rate * 0.999_999);
    expect(second - first).toBeLessThanOrEqual((afterSecond - before) * rate * 1.000_001);
  });

  it('CLK-003: does not jump when its rate changes', () => {
    const clock = new MockClock({ rate: 1e6 });
    spin(1);
    clock.rate = 1e-9;
    const instant = clock.now();
    expect(instant).toBeGreaterThanOrEqual(1e6);
    for (const rate of [5e-9, 1e-9, 0, 2e-9]) {
      clock.rate = rate;
      expect(clock.now()).toBeCloseTo(instant, 3);
    }
  });

  it('CLK-003: scales the real time of a sleep, and never makes it too short', async () => {
    const clock = new MockClock({ rate: 1e6 });
    await run(
      async () => {
        const began = currentTime();
        await sleep({ hours: 1 });
        expect(currentTime() - began).toBeGreaterThanOrEqual(3_600_000);
      },
      { clock },
    );
  });

  it('G-160: begins to run when its rate is raised while a task sleeps', async () => {
    const clock = new MockClock();
    const done = run(() => sleep({ hours: 1 }), { clock });
    await turn();
    clock.rate = 1e7;
    await done;
    expect(clock.now()).toBeGreaterThanOrEqual(3_600_000);
  });
});

describe('a clock with an autojump threshold', () => {
  it('CLK-004: sleeps for minutes in no time, and ends at the exact instant', async () => {
    const clock = new MockClock({ autojumpThreshold: 0 });
    await run(
      async () => {
        for (let i = 0; i < 10; i++) {
          for (const duration of [5000, 10_000, 30_000]) {
            const start = currentTime();
            await sleep(duration);
            expect(currentTime() - start).toBe(duration);
          }
        }
        expect(currentTime()).toBe(450_000);
      },
      { clock },
    );
  });

  it('CLK-006: reacts at once to a lower threshold, set inside or outside of the run', async () => {
    const clock = new MockClock({ autojumpThreshold: 10_000_000 });
    const done = run(
      async () => {
        await openNursery(async (nursery) => {
          nursery.startSoon(async () => {
            clock.autojumpThreshold = 0;
            await sleepForever();
          });
          await sleep(100_000);
          nursery.cancelScope.cancel();
        });
        clock.autojumpThreshold = { hours: 1 };
        await sleep(100_000);
      },
      { clock },
    );
    for (let i = 0; i < 30; i++) await turn();
    expect(clock.now()).toBe(100_000);
    clock.autojumpThreshold = 0;
    await done;
    expect(clock.now()).toBe(200_000);
  });

  it.each([-1, NaN])('refuses the threshold %d', (autojumpThreshold) => {
    expect(() => new MockClock({ autojumpThreshold })).toThrow(RangeError);
  });

  it('CLK-007: does not affect a run with another clock', async () => {
    const other = new MockClock();
    const clock = new MockClock();
    const done = run(
      async () => {
        other.autojumpThreshold = 0;
        expect(new MockClock({ autojumpThreshold: 0 }).now()).toBe(0);
        expect(currentClock()).toBe(clock);
        await sleep(1);
      },
      { clock },
    );
    for (let i = 0; i < 20; i++) await turn();
    expect([clock.now(), other.now()]).toEqual([0, 0]);
    clock.jump(1);
    await done;
  });

  it('CLK-008: uses a threshold that was set before the run', async () => {
    const clock = new MockClock();
    clock.autojumpThreshold = 0;
    await run(() => sleep(100_000), { clock });
    expect(clock.now()).toBe(100_000);
  });

  it(
    'G-161: does not jump while a task is in waitAllTasksBlocked',
    testRun(async (clock) => {
      const order: string[] = [];
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await sleep(10);
          order.push('slept');
        });
        nursery.startSoon(async () => {
          await waitAllTasksBlocked(5);
          order.push(`blocked at ${clock.now()}`);
        });
      });
      expect(order).toEqual(['blocked at 0', 'slept']);
    }),
  );

  it('G-160: notices a deadline that is set from outside while all tasks are blocked', async () => {
    const scope = new CancelScope();
    const clock = new MockClock({ autojumpThreshold: 0 });
    const done = run(() => scope.run(() => sleepForever()), { clock });
    for (let i = 0; i < 10; i++) await turn();
    expect(clock.now()).toBe(0);
    scope.deadline = 70;
    await done;
    expect(clock.now()).toBe(70);
  });
});

it('TST-038: refuses a second run, without disturbing the first one', async () => {
  const clock = new MockClock();
  const first = run(() => sleep(100), { clock });
  await turn();
  await expect(run(() => undefined, { clock })).rejects.toThrow(StateError);
  clock.jump(100);
  await first;
  await run(() => sleep(0), { clock });
});

it('shows its time when it is inspected', () => {
  const clock = new MockClock({ rate: 0 });
  clock.jump(5);
  expect(inspect(clock)).toBe('<MockClock at 5 ms, rate 0>');
});

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function spin(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}
