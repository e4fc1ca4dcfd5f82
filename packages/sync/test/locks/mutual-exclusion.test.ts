import { describe, expect, it } from '@jest/globals';
import { checkpoint, openNursery } from '@tercet/core';
import { CapacityLimiter, Condition, Lock, openMemoryChannel, Semaphore, StrictFIFOLock } from '@tercet/sync';
import { testRun, waitAllTasksBlocked } from '@tercet/testing';

interface Mutex {
  acquire(): Promise<unknown>;
  acquireNowait(): unknown;
  release(): void;
}

/** A lock made of a channel: the task that holds the one item that was in it holds the lock. */
function receivingMutex(capacity: number): Mutex {
  const [send, receive] = openMemoryChannel<null>(capacity);
  send.sendNowait(null);
  return {
    acquire: () => receive.receive(),
    acquireNowait: () => receive.receiveNowait(),
    release: () => send.sendNowait(null),
  };
}

/** The same the other way round: the task that has put an item into the one place holds the lock. */
function sendingMutex(): Mutex {
  const [send, receive] = openMemoryChannel<null>(1);
  return {
    acquire: () => send.send(null),
    acquireNowait: () => send.sendNowait(null),
    release: () => receive.receiveNowait(),
  };
}

/** Without a buffer: a token goes from task to task directly, and a flag remembers it while no task wants it. */
function rendezvousMutex(): Mutex {
  const [send, receive] = openMemoryChannel<null>(0);
  let held = false;
  return {
    acquire: async () => {
      if (held) await receive.receive();
      else {
        held = true;
        await checkpoint();
      }
    },
    acquireNowait: () => {
      if (held) receive.receiveNowait();
      held = true;
    },
    release: () => {
      if (send.statistics().tasksWaitingReceive > 0) send.sendNowait(null);
      else held = false;
    },
  };
}

const mutexes: [string, () => Mutex][] = [
  ['CapacityLimiter(1)', () => new CapacityLimiter(1)],
  ['Semaphore(1)', () => new Semaphore(1)],
  ['Lock', () => new Lock()],
  ['StrictFIFOLock', () => new StrictFIFOLock()],
  ['Condition', () => new Condition()],
  ['a channel of capacity 1', sendingMutex],
  ['a channel of capacity 10', () => receivingMutex(10)],
  ['a channel of capacity 0', rendezvousMutex],
];

describe.each(mutexes)('%s', (_, make) => {
  it(
    'SYN-060: lets one task in at a time',
    testRun(async () => {
      const mutex = make();
      let inside = 0;
      let rounds = 0;
      await openNursery((nursery) => {
        for (let worker = 0; worker < 5; worker++) {
          nursery.startSoon(async () => {
            for (let round = 0; round < 10; round++) {
              await mutex.acquire();
              inside++;
              expect(inside).toBe(1);
              await checkpoint();
              await checkpoint();
              expect(inside).toBe(1);
              inside--;
              rounds++;
              mutex.release();
            }
          });
        }
      });
      expect(rounds).toBe(50);
    }),
  );

  it(
    'G-74: lets tasks in in the order in which they came',
    testRun(async () => {
      const mutex = make();
      const order: string[] = [];
      await openNursery(async (nursery) => {
        await mutex.acquire();
        for (let worker = 0; worker < 3; worker++) {
          nursery.startSoon(async () => {
            for (let round = 0; round < 3; round++) {
              await mutex.acquire();
              order.push(`${round}${worker}`);
              mutex.release();
            }
          });
          await waitAllTasksBlocked();
        }
        mutex.release();
      });
      expect(order).toEqual([...order].sort());
      expect(order).toHaveLength(9);
    }),
  );

  it(
    'SYN-062: makes others wait when it was acquired without waiting',
    testRun(async () => {
      const mutex = make();
      let entered = false;
      await openNursery(async (nursery) => {
        mutex.acquireNowait();
        nursery.startSoon(async () => {
          await mutex.acquire();
          entered = true;
          mutex.release();
        });
        await waitAllTasksBlocked();
        expect(entered).toBe(false);
        mutex.release();
      });
      expect(entered).toBe(true);
    }),
  );
});
