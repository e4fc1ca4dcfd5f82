import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  currentTime,
  DeadlockError,
  failAfter,
  openNursery,
  run,
  sleep,
  sleepForever,
  TooSlowError,
} from '@tercet/core';
import { Event } from '@tercet/sync';
import { MockClock, Sequencer, testRun, waitAllTasksBlocked } from '@tercet/testing';

// A project may have replaced the timers by fake ones before its tests. Jest's fake timers are those of sinon.

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('under fake timers that a test framework has installed', () => {
  it(
    'C-18: the virtual clock of testRun jumps',
    testRun(async () => {
      await expect(failAfter({ hours: 1 }, sleepForever)).rejects.toThrow(TooSlowError);
      await openNursery(async (nursery) => {
        nursery.startSoon(sleep, 10);
        await waitAllTasksBlocked();
      });
      expect(currentTime()).toBe(3_600_010);
    }),
  );

  it('C-18: a clock with a threshold, and a clock with a rate, use real time', async () => {
    for (const clock of [new MockClock({ autojumpThreshold: 2 }), new MockClock({ rate: 10_000 })]) {
      await run(() => sleep({ seconds: 20 }), { clock });
      expect(clock.now()).toBeGreaterThanOrEqual(20_000);
    }
  });

  it(
    'C-18: a chain of operations that are always ready ends',
    testRun(async () => {
      const event = new Event();
      event.set();
      for (let round = 0; round < 20_000; round++) await event.wait();
      const sequencer = new Sequencer();
      for (let position = 0; position < 100; position++) await sequencer.run(position, () => undefined);
      expect(currentTime()).toBe(0);
    }),
  );

  it('C-18: deadlocks and leftovers are noticed', async () => {
    await expect(testRun(sleepForever)()).rejects.toThrow(DeadlockError);
    const { createServer } = await import('node:net');
    const server = createServer();
    const leaving = testRun(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
    await expect(leaving()).rejects.toThrow('left behind: 1 × TCPServerWrap');
    await new Promise((resolve) => server.close(resolve));
  });

  it(
    'C-18: the timers of the test itself stay fake',
    testRun(async () => {
      const event = new Event();
      setTimeout(() => event.set(), 1000);
      jest.advanceTimersByTime(1000);
      await event.wait();
      expect(Date.now()).toBeGreaterThan(0);
    }),
  );
});
