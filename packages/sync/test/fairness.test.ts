import { describe, expect, it } from '@jest/globals';
import { CancelScope, moveOnAfter } from '@tercet/core';
import {
  asSafeChannel,
  AsyncValue,
  CapacityLimiter,
  Condition,
  Event,
  Lock,
  openBroadcastChannel,
  openMemoryChannel,
  Pool,
  RateLimiter,
  select,
  Semaphore,
  Turns,
} from '@tercet/sync';
import { testRun } from '@tercet/testing';

/** Far more rounds than fit into the time that ready operations may keep the event loop waiting. */
const ROUNDS = 50_000;

/** Loops over an operation, swallows what it throws, and counts the rounds until the event loop has turned. */
async function roundsUntilServed(operation: () => Promise<unknown>): Promise<number> {
  let served = false;
  setImmediate(() => (served = true));
  for (let round = 0; round < ROUNDS; round++) {
    if (served) return round;
    try {
      await operation();
    } catch {
      // As a loop does that tries again and again.
    }
  }
  return ROUNDS;
}

/** Operations that fail at once, each time. */
const failing: Record<string, () => () => Promise<unknown>> = {
  'send() when all receivers are closed': () => {
    const [send, receive] = openMemoryChannel<number>(1);
    receive.close();
    return () => send.send(1);
  },
  'send() through a closed handle': () => {
    const [send] = openMemoryChannel<number>(1);
    send.close();
    return () => send.send(1);
  },
  'send() of a promise': () => {
    const [send] = openMemoryChannel<unknown>(Infinity);
    return () => send.send(Promise.resolve());
  },
  'receive() after the end': () => {
    const [send, receive] = openMemoryChannel<number>(1);
    send.close();
    return () => receive.receive();
  },
  'receive() through a closed handle': () => {
    const [, receive] = openMemoryChannel<number>(1);
    receive.close();
    return () => receive.receive();
  },
  'a step of an iterator through a closed handle': () => {
    const [, receive] = openMemoryChannel<number>(1);
    const iterator = receive[Symbol.asyncIterator]();
    receive.close();
    return () => iterator.next();
  },
  'acquire() of a lock that the task holds': () => {
    const lock = new Lock();
    lock.acquireNowait();
    return () => lock.acquire();
  },
  'acquire() of a limiter that the task has borrowed from': () => {
    const limiter = new CapacityLimiter(2);
    limiter.acquireNowait();
    return () => limiter.acquire();
  },
  'acquireOnBehalfOf() a borrower that has borrowed': () => {
    const limiter = new CapacityLimiter(2);
    limiter.acquireOnBehalfOfNowait('somebody');
    return () => limiter.acquireOnBehalfOf('somebody');
  },
  'wait() at a condition without its lock': () => {
    const condition = new Condition();
    return () => condition.wait();
  },
  'run() without a function': () => {
    const semaphore = new Semaphore(1);
    return () => semaphore.run(undefined as never);
  },
  'receiveMany() of none': () => {
    const [, receive] = openMemoryChannel<number>(1);
    return () => receive.receiveMany(0);
  },
  'sendMany() when all receivers are closed': () => {
    const [send, receive] = openMemoryChannel<number>(1);
    receive.close();
    return () => send.sendMany([1]);
  },
  'send() through a broadcast that is closed': () => {
    const [send] = openBroadcastChannel<number>({ buffer: 1, overflow: 'wait' });
    send.close();
    return () => send.send(1);
  },
  'select() without a case': () => () => select({}),
  'select() after the end of a channel': () => {
    const [send, receive] = openMemoryChannel<number>(1);
    send.close();
    return () => select({ item: receive.receiving() });
  },
  'waitFor() with a predicate that throws': () => {
    const value = new AsyncValue(1);
    return () =>
      value.waitFor(() => {
        throw new Error('from the predicate');
      });
  },
  'acquire() of more than a rate limiter holds': () => {
    const limiter = new RateLimiter({ tokens: 1, per: 1000 });
    return () => limiter.acquire(2);
  },
  'use() of a pool that is closed': () => {
    const pool = new Pool({ open: () => 1, close: () => undefined, max: 1 });
    void pool.close();
    return () => pool.use(() => 1);
  },
  'run() of turns that are closed': () => {
    const turns = new Turns();
    void turns.close();
    return () => turns.run(() => 1);
  },
  'asSafeChannel() without a body': () => asSafeChannel(async function* () {}) as () => Promise<never>,
};

/** Operations that succeed at once, each time. */
const succeeding: Record<string, () => () => Promise<unknown>> = {
  'send() into a buffer': () => {
    const [send] = openMemoryChannel<number>(Infinity);
    return () => send.send(1);
  },
  'wait() for an event that has happened': () => {
    const event = new Event();
    event.set();
    return () => event.wait();
  },
  'select() of an event that has happened': () => {
    const event = new Event();
    event.set();
    return () => select({ event: event.waiting() });
  },
  'send() to no subscriber': () => {
    const [send] = openBroadcastChannel<number>({ buffer: 1, overflow: 'wait' });
    return () => send.send(1);
  },
  'receiveMany() of one': () => {
    const [send, receive] = openMemoryChannel<number>(1);
    return () => {
      send.sendNowait(1);
      return receive.receiveMany();
    };
  },
  'sendMany() of none': () => {
    const [send] = openMemoryChannel<number>(1);
    return () => send.sendMany([]);
  },
  'waitFor() a value that fits': () => {
    const value = new AsyncValue(1);
    return () => value.waitFor(() => true);
  },
  'use() of a pool': () => {
    const pool = new Pool({ open: () => 1, close: () => undefined, max: 1 });
    return () => pool.use(() => 1);
  },
  'acquire() from a rate limiter': () => {
    const limiter = new RateLimiter({ tokens: 1e9, per: 1 });
    return () => limiter.acquire();
  },
  'run() with a semaphore': () => {
    const semaphore = new Semaphore(1);
    return () => semaphore.run(() => undefined);
  },
  'the last step of an iterator': () => {
    const [send, receive] = openMemoryChannel<number>(1);
    const iterator = receive[Symbol.asyncIterator]();
    send.close();
    return () => iterator.next();
  },
};

describe('a loop over operations that end at once', () => {
  it.each(Object.entries(failing))('C-6: %s lets the event loop turn', (_, make) =>
    testRun(async () => {
      const operation = make();
      await expect(operation()).rejects.toThrow(expect.anything());
      expect(await roundsUntilServed(operation)).toBeLessThan(ROUNDS);
    })(),
  );

  it.each(Object.entries(succeeding))('C-6: %s lets the event loop turn', (_, make) =>
    testRun(async () => {
      expect(await roundsUntilServed(make())).toBeLessThan(ROUNDS);
    })(),
  );

  it(
    'C-6: receive() under a deadline that has passed lets the event loop turn',
    testRun(async () => {
      const [, receive] = openMemoryChannel<number>(1);
      expect(await roundsUntilServed(() => moveOnAfter(0, () => receive.receive()))).toBeLessThan(ROUNDS);
    }),
  );

  it(
    'C-6: waiting in a scope that is cancelled lets the event loop turn',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(1);
      send.sendNowait(0);
      const lock = new Lock();
      const semaphore = new Semaphore(0);
      const limiter = new CapacityLimiter(0);
      const operations: (() => Promise<unknown>)[] = [
        () => send.send(1),
        () => receive.receive(),
        () => lock.acquire(),
        () => semaphore.acquire(),
        () => limiter.acquire(),
      ];
      for (const operation of operations) {
        const cancelled = (): Promise<unknown> => {
          const scope = new CancelScope();
          scope.cancel();
          return scope.run(operation);
        };
        expect(await roundsUntilServed(cancelled)).toBeLessThan(ROUNDS);
      }
    }),
  );
});
