import { describe, expect, it } from '@jest/globals';
import { CancelScope, openNursery } from '@tercet/core';
import { asSafeChannel, CapacityLimiter, Condition, Event, Lock, openMemoryChannel, Semaphore } from '@tercet/sync';
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

describe('what is documented as a checkpoint', () => {
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

describe('what is documented as none', () => {
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
