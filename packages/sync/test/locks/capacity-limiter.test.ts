import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, openNursery, StateError, WouldBlock } from '@tercet/core';
import { currentTask } from '@tercet/core/lowlevel';
import { CapacityLimiter } from '@tercet/sync';
import { assertCheckpoints, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { expectCancelled } from '../expect-cancelled.ts';

describe('CapacityLimiter', () => {
  it('SYN-010: has a whole number of tokens from zero on', () => {
    expect(new CapacityLimiter(0).totalTokens).toBe(0);
    for (const total of [1.0001, NaN, '1']) expect(() => new CapacityLimiter(total as number)).toThrow(TypeError);
    expect(() => new CapacityLimiter(-1)).toThrow(RangeError);
  });

  it(
    'SYN-011: takes back only what was borrowed',
    testRun(async () => {
      const limiter = new CapacityLimiter(2);
      expect(() => limiter.release()).toThrow(StateError);
      expect([limiter.borrowedTokens, limiter.availableTokens]).toEqual([0, 2]);
    }),
  );

  it(
    'knows its borrowers after thousands have come and gone',
    testRun(async () => {
      const limiter = new CapacityLimiter(3);
      limiter.acquireOnBehalfOfNowait('one who stays');
      for (let i = 0; i < 5000; i++) {
        limiter.acquireOnBehalfOfNowait(i);
        limiter.releaseOnBehalfOf(i);
      }
      expect(limiter.statistics().borrowers).toEqual(['one who stays']);
      limiter.releaseOnBehalfOf('one who stays');
      expect(limiter.borrowedTokens).toBe(0);
    }),
  );

  it(
    'SYN-012: counts its borrowers, and lists them',
    testRun(async () => {
      const limiter = new CapacityLimiter(2);
      await assertCheckpoints(() => limiter.acquire());
      expect([limiter.borrowedTokens, limiter.availableTokens, limiter.totalTokens]).toEqual([1, 1, 2]);
      expect(limiter.statistics()).toEqual({
        borrowedTokens: 1,
        totalTokens: 2,
        borrowers: [currentTask()],
        tasksWaiting: 0,
      });
      expect(limiter.statistics().borrowers[0]).toBe(currentTask());
      limiter.release();
      expect(limiter.borrowedTokens).toBe(0);
    }),
  );

  it(
    'SYN-013: lends one token to a task, not two',
    testRun(async () => {
      const limiter = new CapacityLimiter(2);
      limiter.acquireNowait();
      expect(() => limiter.acquireNowait()).toThrow(StateError);
      await expect(limiter.acquire()).rejects.toThrow('acquire(): this borrower holds a token of the limiter already');
      expect(limiter.borrowedTokens).toBe(1);
    }),
  );

  it(
    'SYN-014: lends on behalf of another borrower',
    testRun(async () => {
      const limiter = new CapacityLimiter(2);
      await assertCheckpoints(() => limiter.acquireOnBehalfOf('somebody'));
      limiter.acquireOnBehalfOfNowait('somebody else');
      expect(() => limiter.acquireOnBehalfOfNowait('a third')).toThrow(WouldBlock);
      expect(() => limiter.acquireNowait()).toThrow('acquireNowait(): all tokens of the limiter are borrowed');
      expect(limiter.statistics().borrowers).toEqual(['somebody', 'somebody else']);
      await expect(limiter.acquireOnBehalfOf('somebody')).rejects.toThrow(StateError);
    }),
  );

  it(
    'SYN-015: takes back on behalf of another borrower',
    testRun(async () => {
      const limiter = new CapacityLimiter(1);
      const borrower = {};
      const held = await limiter.acquireOnBehalfOf(borrower);
      limiter.releaseOnBehalfOf(borrower);
      expect(() => limiter.releaseOnBehalfOf(borrower)).toThrow(StateError);
      expect(limiter.borrowedTokens).toBe(0);
      expect(() => held[Symbol.dispose]()).toThrow('holds no token of the limiter');
      {
        using _ = limiter.acquireOnBehalfOfNowait(undefined);
        expect(limiter.borrowedTokens).toBe(1);
      }
      expect(limiter.borrowedTokens).toBe(0);
    }),
  );

  it(
    'SYN-016: lends for a `using` block, and for run',
    testRun(async () => {
      const limiter = new CapacityLimiter(1);
      {
        using _ = await assertCheckpoints(() => limiter.acquire());
        expect(limiter.borrowedTokens).toBe(1);
      }
      expect(limiter.borrowedTokens).toBe(0);
      expect(await limiter.run(() => limiter.borrowedTokens)).toBe(1);
      expect(limiter.borrowedTokens).toBe(0);
    }),
  );

  it(
    'SYN-017, G-73: lends the token that comes back to the task that waits',
    testRun(async () => {
      const limiter = new CapacityLimiter(1);
      await openNursery(async (nursery) => {
        limiter.acquireNowait();
        nursery.startSoon(() => limiter.acquire());
        await waitAllTasksBlocked();
        limiter.release();
        expect([limiter.borrowedTokens, limiter.statistics().tasksWaiting]).toEqual([1, 0]);
        expect(() => limiter.acquireNowait()).toThrow(WouldBlock);
      });
    }),
  );

  it(
    'SYN-018: can have any number of tokens',
    testRun(async () => {
      const limiter = new CapacityLimiter(Infinity);
      expect([limiter.totalTokens, limiter.availableTokens]).toEqual([Infinity, Infinity]);
      limiter.acquireNowait();
      expect([limiter.borrowedTokens, limiter.availableTokens]).toEqual([1, Infinity]);
    }),
  );

  it('SYN-019: keeps its number of tokens when it is set to nonsense', () => {
    const limiter = new CapacityLimiter(3);
    expect(() => (limiter.totalTokens = 1.5)).toThrow(TypeError);
    expect(() => (limiter.totalTokens = -1)).toThrow(RangeError);
    expect(limiter.totalTokens).toBe(3);
  });

  it(
    'SYN-021, G-75: forgets a waiter that is cancelled',
    testRun(async () => {
      const limiter = new CapacityLimiter(0);
      const scope = new CancelScope();
      await openNursery(async (nursery) => {
        nursery.startSoon(() => scope.run(() => limiter.acquireOnBehalfOf('somebody')));
        await waitAllTasksBlocked();
        expect(limiter.statistics().tasksWaiting).toBe(1);
        scope.cancel();
        expect(limiter.statistics().tasksWaiting).toBe(0);
      });
      limiter.totalTokens = 1;
      expect(limiter.borrowedTokens).toBe(0);
      limiter.acquireOnBehalfOfNowait('somebody');
      await expectCancelled(() => limiter.acquire());
    }),
  );

  it(
    'G-78: lends at once when it grows, and waits for tokens to come back when it shrinks',
    testRun(async () => {
      const limiter = new CapacityLimiter(0);
      const order: string[] = [];
      await openNursery(async (nursery) => {
        for (const name of ['a', 'b', 'c', 'd']) {
          nursery.startSoon(async () => {
            await limiter.acquireOnBehalfOf(name);
            order.push(name);
          });
          await waitAllTasksBlocked();
        }
        limiter.totalTokens = 2;
        expect(limiter.statistics().borrowers).toEqual(['a', 'b']);
        limiter.totalTokens = 1;
        expect([limiter.borrowedTokens, limiter.availableTokens]).toEqual([2, -1]);
        limiter.releaseOnBehalfOf('a');
        expect(limiter.statistics()).toMatchObject({ borrowers: ['b'], tasksWaiting: 2 });
        limiter.releaseOnBehalfOf('b');
        expect(limiter.statistics()).toMatchObject({ borrowers: ['c'], tasksWaiting: 1 });
        limiter.totalTokens = Infinity;
      });
      expect(order).toEqual(['a', 'b', 'c', 'd']);
    }),
  );

  it(
    'lends once when two tasks wait on behalf of one borrower',
    testRun(async () => {
      const limiter = new CapacityLimiter(0);
      await openNursery(async (nursery) => {
        nursery.startSoon(() => limiter.acquireOnBehalfOf('the same'));
        await waitAllTasksBlocked();
        nursery.startSoon(() => expect(limiter.acquireOnBehalfOf('the same')).rejects.toThrow(StateError));
        await waitAllTasksBlocked();
        nursery.startSoon(() => limiter.acquireOnBehalfOf('another'));
        await waitAllTasksBlocked();
        limiter.totalTokens = 2;
        expect(limiter.statistics()).toMatchObject({ borrowers: ['the same', 'another'], tasksWaiting: 0 });
      });
    }),
  );

  it('shows itself, and refuses to lend to a task outside of a run', async () => {
    const limiter = new CapacityLimiter(2);
    limiter.acquireOnBehalfOfNowait('somebody');
    expect(inspect(limiter)).toBe('<CapacityLimiter 1 of 2 borrowed, 0 waiting>');
    await expect(limiter.acquire()).rejects.toThrow('outside of a run');
    await expect(limiter.acquireOnBehalfOf(1)).rejects.toThrow('outside of a run');
    expect(() => limiter.acquireNowait()).toThrow(StateError);
    expect(limiter.borrowedTokens).toBe(1);
  });
});
