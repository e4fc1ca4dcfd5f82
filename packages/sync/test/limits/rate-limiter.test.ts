import { describe, expect, it } from '@jest/globals';
import { CancelScope, currentTime, moveOnAfter, openNursery, sleep, StateError } from '@tercet/core';
import { RateLimiter } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../thrown-by.ts';

describe('RateLimiter', () => {
  it(
    'lets a burst through, and then one after the other at an even pace',
    testRun(async () => {
      const limiter = new RateLimiter({ tokens: 10, per: { seconds: 1 }, burst: 2 });
      const times: number[] = [];
      for (let i = 0; i < 5; i++) {
        await limiter.acquire();
        times.push(Math.round(currentTime()));
      }
      expect(times).toEqual([0, 0, 100, 200, 300]);
      await sleep(10_000);
      expect([limiter.tryAcquire(2), limiter.tryAcquire()]).toEqual([true, false]);
    }),
  );

  it(
    'serves the task that has waited longest, also when another one wants less',
    testRun(async () => {
      const limiter = new RateLimiter({ tokens: 1, per: 100, burst: 4 });
      await limiter.acquire(4);
      const order: string[] = [];
      await openNursery((nursery) => {
        nursery.startSoon(async () => {
          await limiter.acquire(3);
          order.push(`three at ${Math.round(currentTime())}`);
        });
        nursery.startSoon(async () => {
          await limiter.acquire(1);
          order.push(`one at ${Math.round(currentTime())}`);
        });
        nursery.startSoon(async () => {
          await sleep(150);
          expect([limiter.tryAcquire(), limiter.statistics().tasksWaiting]).toEqual([false, 2]);
        });
      });
      expect(order).toEqual(['three at 300', 'one at 400']);
      expect(limiter.statistics().tasksWaiting).toBe(0);
    }),
  );

  it(
    'takes no token when it is cancelled, and lets the next one move up',
    testRun(async () => {
      const limiter = new RateLimiter({ tokens: 1, per: 100 });
      await limiter.acquire();
      await openNursery((nursery) => {
        nursery.startSoon(() => moveOnAfter(50, () => limiter.acquire()));
        nursery.startSoon(async () => {
          await limiter.acquire();
          expect(Math.round(currentTime())).toBe(100);
        });
        nursery.startSoon(() => moveOnAfter(60, () => limiter.acquire()));
      });
      await new CancelScope().run(async (scope) => {
        scope.cancel();
        await limiter.acquire();
      });
      await sleep(100);
      expect(limiter.tryAcquire()).toBe(true);
    }),
  );

  it(
    'refuses what it can never give, and numbers that are out of range',
    testRun(async () => {
      const limiter = new RateLimiter({ tokens: 2, per: 100 });
      expect(await thrownBy(() => limiter.acquire(3))).toBeInstanceOf(RangeError);
      expect(await thrownBy(() => limiter.acquire(0))).toBeInstanceOf(RangeError);
      expect(() => limiter.tryAcquire(NaN)).toThrow(RangeError);
      for (const options of [
        { tokens: 0, per: 1 },
        { tokens: 1, per: 0 },
        { tokens: 1, per: 1, burst: -1 },
      ]) {
        expect(() => new RateLimiter(options)).toThrow(RangeError);
      }
    }),
  );

  it('needs a run, for its clock', async () => {
    const limiter = new RateLimiter({ tokens: 1, per: 1 });
    expect(await thrownBy(() => limiter.acquire())).toBeInstanceOf(StateError);
    expect(() => limiter.tryAcquire()).toThrow(StateError);
  });
});
