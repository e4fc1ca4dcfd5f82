import { expect, it } from '@jest/globals';
import { currentTime, moveOnAfter, run, sleep } from '@tercet/core';
import { SystemClock } from '@tercet/core/lowlevel';
import type { Clock } from '@tercet/core/lowlevel';
import { thrownBy } from '../run-virtually.ts';

// Real time: the system's clock is what is tested.
const real = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

it('G-11: begins at a random instant that cannot be mistaken for another, and never goes back', async () => {
  const zeros = Array.from({ length: 20 }, () => new SystemClock().now());
  for (const zero of zeros) {
    expect(zero).toBeGreaterThanOrEqual(10_000_000);
    expect(zero).toBeLessThan(201_000_000);
  }
  expect(new Set(zeros.map(Math.round)).size).toBeGreaterThan(15);
  await run(() => {
    let last = currentTime();
    for (let i = 0; i < 10_000; i++) {
      const now = currentTime();
      expect(now >= last).toBe(true);
      last = now;
    }
  });
});

it('rings once, not before the deadline, and the last deadline that was set counts', async () => {
  const clock = new SystemClock();
  const rung: number[] = [];
  clock.setAlarm(clock.now() + 1000, () => rung.push(NaN));
  const deadline = clock.now() + 10;
  clock.setAlarm(deadline, () => rung.push(clock.now()));
  await real(40);
  expect(rung).toHaveLength(1);
  expect(rung[0]).toBeGreaterThanOrEqual(deadline);
  clock.setAlarm(clock.now() + 10, () => rung.push(NaN));
  clock.setAlarm(clock.now() + 40, () => rung.push(NaN));
  clock.clearAlarm();
  await real(60);
  expect(rung).toHaveLength(1);
  clock.stop();
});

it('takes deadlines that are too far for a timer of the platform', async () => {
  await run(() => moveOnAfter({ hours: 24 * 365 }, () => sleep(1)));
  await run(() => moveOnAfter(10, () => sleep(1e300)));
  expect(true).toBe(true);
});

it('GST-002: a clock that cannot be started fails the run, which leaves nothing', async () => {
  const clock: Clock = {
    now: () => 0,
    setAlarm: () => undefined,
    clearAlarm: () => undefined,
    start() {
      throw new RangeError('no clock today');
    },
  };
  let ran = false;
  expect(await thrownBy(() => run(() => (ran = true), { clock }))).toEqual(new RangeError('no clock today'));
  expect(ran).toBe(false);
});
