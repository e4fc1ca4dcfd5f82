import { describe, expect, it } from '@jest/globals';
import { CancelScope, openNursery } from '@tercet/core';
import {
  asSafeChannel,
  AsyncValue,
  CapacityLimiter,
  Condition,
  Event,
  Lock,
  merge,
  openBroadcastChannel,
  openMemoryChannel,
  Pool,
  RateLimiter,
  select,
  selectNowait,
  Semaphore,
  Turns,
} from '@tercet/sync';
import { assertCheckpoints, assertNoCheckpoints, testRun, waitAllTasksBlocked } from '@tercet/testing';

// Everything in this package whose documentation says "A checkpoint", where it need not wait and where it has to. Whoever
// is `helped` waits until another task does what `help` does.

interface Case {
  readonly operation: () => Promise<unknown>;
  readonly help?: () => unknown;
}

const checkpoints: Record<string, () => Case> = {
  'Event.wait, set': () => {
    const event = new Event();
    event.set();
    return { operation: () => event.wait() };
  },
  'Event.wait, unset': () => {
    const event = new Event();
    return { operation: () => event.wait(), help: () => event.set() };
  },
  'MemorySendChannel.send, into the buffer': () => {
    const [send] = openMemoryChannel<number>(1);
    return { operation: () => send.send(1) };
  },
  'MemorySendChannel.send, with a receiver later': () => {
    const [send, receive] = openMemoryChannel<number>(0);
    return { operation: () => send.send(1), help: () => receive.receiveNowait() };
  },
  'MemoryReceiveChannel.receive, from the buffer': () => {
    const [send, receive] = openMemoryChannel<number>(1);
    send.sendNowait(1);
    return { operation: () => receive.receive() };
  },
  'MemoryReceiveChannel.receive, with a sender later': () => {
    const [send, receive] = openMemoryChannel<number>(0);
    return { operation: () => receive.receive(), help: () => send.sendNowait(1) };
  },
  'a step of an iterator': () => {
    const [send, receive] = openMemoryChannel<number>(1);
    send.sendNowait(1);
    return { operation: () => receive[Symbol.asyncIterator]().next() };
  },
  'the last step of an iterator': () => {
    const [send, receive] = openMemoryChannel<number>(1);
    send.close();
    return { operation: () => receive[Symbol.asyncIterator]().next() };
  },
  'MemorySendChannel, at the end of await using': () => {
    const [send] = openMemoryChannel<number>(1);
    return { operation: () => send[Symbol.asyncDispose]() };
  },
  'MemoryReceiveChannel, at the end of await using': () => {
    const [, receive] = openMemoryChannel<number>(1);
    return { operation: () => receive[Symbol.asyncDispose]() };
  },
  'Lock.acquire, free': () => {
    const lock = new Lock();
    return { operation: () => lock.acquire() };
  },
  'Lock.run': () => {
    const lock = new Lock();
    return { operation: () => lock.run(() => undefined) };
  },
  'Semaphore.acquire, above zero': () => {
    const semaphore = new Semaphore(1);
    return { operation: () => semaphore.acquire() };
  },
  'Semaphore.acquire, at zero': () => {
    const semaphore = new Semaphore(0);
    return { operation: () => semaphore.acquire(), help: () => semaphore.release() };
  },
  'Semaphore.run': () => {
    const semaphore = new Semaphore(1);
    return { operation: () => semaphore.run(() => undefined) };
  },
  'CapacityLimiter.acquire, with a token': () => {
    const limiter = new CapacityLimiter(1);
    return { operation: () => limiter.acquire() };
  },
  'CapacityLimiter.acquire, without a token': () => {
    const limiter = new CapacityLimiter(0);
    return { operation: () => limiter.acquire(), help: () => (limiter.totalTokens = 1) };
  },
  'CapacityLimiter.acquireOnBehalfOf': () => {
    const limiter = new CapacityLimiter(1);
    return { operation: () => limiter.acquireOnBehalfOf('somebody') };
  },
  'CapacityLimiter.run': () => {
    const limiter = new CapacityLimiter(1);
    return { operation: () => limiter.run(() => undefined) };
  },
  'Condition.acquire': () => {
    const condition = new Condition();
    return { operation: () => condition.acquire() };
  },
  'Condition.run': () => {
    const condition = new Condition();
    return { operation: () => condition.run(() => undefined) };
  },
  'sendMany, into the buffer': () => {
    const [send] = openMemoryChannel<number>(2);
    return { operation: () => send.sendMany([1, 2]) };
  },
  'sendMany, of nothing': () => {
    const [send] = openMemoryChannel<number>(2);
    return { operation: () => send.sendMany([]) };
  },
  'receiveMany, from the buffer': () => {
    const [send, receive] = openMemoryChannel<number>(2);
    send.sendNowait(1);
    return { operation: () => receive.receiveMany() };
  },
  'BroadcastSender.send, with room': () => {
    const [send] = openBroadcastChannel<number>({ buffer: 1, overflow: 'wait' });
    return { operation: () => send.send(1) };
  },
  'BroadcastSender.send, without room': () => {
    const [send, subscribe] = openBroadcastChannel<number>({ buffer: 0, overflow: 'wait' });
    const subscriber = subscribe();
    return { operation: () => send.send(1), help: () => subscriber.close() };
  },
  'select, with a case that is ready': () => {
    const semaphore = new Semaphore(1);
    return { operation: () => select({ permit: semaphore.acquiring() }) };
  },
  'select, with a case that is ready later': () => {
    const event = new Event();
    return { operation: () => select({ event: event.waiting() }), help: () => event.set() };
  },
  'a step of merge': () => {
    const [send, receive] = openMemoryChannel<number>(1);
    send.sendNowait(1);
    return { operation: () => merge(receive)[Symbol.asyncIterator]().next() };
  },
  'AsyncValue.waitFor, with a value that fits': () => {
    const value = new AsyncValue(1);
    return { operation: () => value.waitFor(() => true) };
  },
  'AsyncValue.waitFor, with a value that fits later': () => {
    const value = new AsyncValue(1);
    return { operation: () => value.waitFor((number) => number === 2), help: () => value.set(2) };
  },
  'a step of changes that have come': () => {
    const value = new AsyncValue(1);
    const steps = value.changes()[Symbol.asyncIterator]();
    value.set(2);
    return { operation: () => steps.next() };
  },
  'RateLimiter.acquire, with a token': () => {
    const limiter = new RateLimiter({ tokens: 1, per: 1000 });
    return { operation: () => limiter.acquire() };
  },
  'Pool.use': () => {
    const pool = new Pool({ open: () => 1, close: () => undefined, max: 1 });
    return { operation: () => pool.use(() => undefined) };
  },
  'asSafeChannel, with a body that does not wait': () => {
    const empty = asSafeChannel(async function* () {});
    return { operation: () => empty(() => undefined) };
  },
  'asSafeChannel, with a body that loops': () => {
    const one = asSafeChannel(async function* () {
      yield 1;
    });
    return {
      operation: () =>
        one(async (channel) => {
          for await (const _ of channel);
        }),
    };
  },
};

describe('operations that are documented as checkpoints', () => {
  it.each(Object.entries(checkpoints))('C-4: %s is one', (_, make) =>
    testRun(async () => {
      const { operation, help } = make();
      await openNursery(async (nursery) => {
        if (help !== undefined) {
          nursery.startSoon(async () => {
            await waitAllTasksBlocked();
            help();
          });
        }
        await assertCheckpoints(operation);
      });
    })(),
  );

  it.each(Object.entries(checkpoints))('C-4: %s ends in a scope that is cancelled', (_, make) =>
    testRun(async () => {
      const { operation } = make();
      const scope = new CancelScope();
      await scope.run(async (own) => {
        own.cancel();
        await operation();
      });
      expect(scope.cancelledCaught).toBe(true);
    })(),
  );

  it(
    'C-4: Condition.wait and a lock that another task holds are, too',
    testRun(async () => {
      const condition = new Condition();
      const scope = new CancelScope();
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          using _ = await condition.acquire();
          await assertCheckpoints(() => condition.wait());
        });
        await waitAllTasksBlocked();
        {
          using _ = await condition.acquire();
          nursery.startSoon(() => assertCheckpoints(() => condition.run(() => undefined)));
          await waitAllTasksBlocked();
          condition.notify();
        }
        using _ = await condition.acquire();
        await scope.run(async () => {
          scope.cancel();
          await condition.wait();
        });
      });
      expect(scope.cancelledCaught).toBe(true);
    }),
  );
});

describe('operations that are documented as not being checkpoints', () => {
  it.each<[string, () => () => unknown]>([
    ['Event.set', () => () => new Event().set()],
    [
      'sendNowait, receiveNowait, clone, close',
      () => () => {
        const [send, receive] = openMemoryChannel<number>(1);
        send.sendNowait(1);
        receive.receiveNowait();
        for (const handle of [send.clone(), receive.clone(), send, receive]) handle.close();
      },
    ],
    [
      'trySend, tryReceive, selectNowait',
      () => () => {
        const [send, receive] = openMemoryChannel<number>(1);
        send.trySend(1);
        receive.tryReceive();
        selectNowait({ item: receive.receiving() });
      },
    ],
    [
      'BroadcastSender.sendNowait, subscribe, close',
      () => () => {
        const [send, subscribe] = openBroadcastChannel<number>({ buffer: 1, overflow: 'wait' });
        subscribe();
        send.sendNowait(1);
        send.close();
      },
    ],
    ['AsyncValue.set', () => () => new AsyncValue(1).set(2)],
    ['RateLimiter.tryAcquire', () => () => new RateLimiter({ tokens: 1, per: 1000 }).tryAcquire()],
    ['Turns.run, when it is free', () => () => new Turns().run(() => undefined)],
    ['Lock.acquireNowait, release', () => () => new Lock().acquireNowait()[Symbol.dispose]()],
    ['Semaphore.acquireNowait, release', () => () => new Semaphore(1).acquireNowait()[Symbol.dispose]()],
    ['CapacityLimiter.acquireNowait, release', () => () => new CapacityLimiter(1).acquireNowait()[Symbol.dispose]()],
    [
      'Condition.notify, notifyAll',
      () => () => {
        const condition = new Condition();
        using _ = condition.acquireNowait();
        condition.notify();
        condition.notifyAll();
      },
    ],
  ])('C-4: %s is none', (_, make) =>
    testRun(async () => {
      await assertNoCheckpoints(make());
    })(),
  );
});
