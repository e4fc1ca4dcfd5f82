import { describe, expect, it } from '@jest/globals';
import { openNursery } from '@tercet/core';
import type { TaskHandle } from '@tercet/core';
import { addInstrument, currentTask, removeInstrument } from '@tercet/core/lowlevel';
import type { Task } from '@tercet/core/lowlevel';
import { CapacityLimiter, Event, Lock, openMemoryChannel, Semaphore } from '@tercet/sync';
import { testRun, waitAllTasksBlocked } from '@tercet/testing';

// An instrument that cancels, or throws, in the moment in which the first of the waiting tasks is woken.

interface Case {
  /** The body of the tasks: it waits. */
  readonly wait: (index: number) => Promise<unknown>;
  /** Wakes them all. */
  readonly wakeAll: () => unknown;
  /** How a task ends that was woken. */
  readonly outcome: string;
  readonly waiting: () => number;
}

const cases: Record<string, () => Case> = {
  'Event.set': () => {
    const event = new Event();
    return {
      wait: () => event.wait(),
      wakeAll: () => event.set(),
      outcome: 'woken',
      waiting: () => event.statistics().tasksWaiting,
    };
  },
  'the end of a channel, for receive()': () => {
    const [send, receive] = openMemoryChannel<number>(0);
    return {
      wait: () => receive.receive(),
      wakeAll: () => send.close(),
      outcome: 'EndOfChannel',
      waiting: () => receive.statistics().tasksWaitingReceive,
    };
  },
  'the end of a channel, for loops': () => {
    const [send, receive] = openMemoryChannel<number>(0);
    return {
      wait: () => receive[Symbol.asyncIterator]().next(),
      wakeAll: () => send.close(),
      outcome: 'woken',
      waiting: () => receive.statistics().tasksWaitingReceive,
    };
  },
  'closing the only receiving handle': () => {
    const [, receive] = openMemoryChannel<number>(0);
    return {
      wait: () => receive.receive(),
      wakeAll: () => receive.close(),
      outcome: 'ClosedResourceError',
      waiting: () => receive.statistics().tasksWaitingReceive,
    };
  },
  'closing the only sending handle': () => {
    const [send] = openMemoryChannel<number>(0);
    return {
      wait: () => send.send(1),
      wakeAll: () => send.close(),
      outcome: 'ClosedResourceError',
      waiting: () => send.statistics().tasksWaitingSend,
    };
  },
  'closing the receivers of waiting senders': () => {
    const [send, receive] = openMemoryChannel<number>(0);
    return {
      wait: () => send.send(1),
      wakeAll: () => receive.close(),
      outcome: 'BrokenResourceError',
      waiting: () => send.statistics().tasksWaitingSend,
    };
  },
  'more tokens': () => {
    const limiter = new CapacityLimiter(0);
    return {
      wait: () => limiter.acquire(),
      wakeAll: () => (limiter.totalTokens = Infinity),
      outcome: 'woken',
      waiting: () => limiter.statistics().tasksWaiting,
    };
  },
  'releases of a semaphore': () => {
    const semaphore = new Semaphore(0);
    return {
      wait: () => semaphore.acquire(),
      wakeAll: () => {
        while (semaphore.statistics().tasksWaiting > 0) semaphore.release();
      },
      outcome: 'woken',
      waiting: () => semaphore.statistics().tasksWaiting,
    };
  },
  'the end of a task that holds a lock': () => {
    const lock = new Lock();
    return {
      wait: () => lock.acquire(),
      wakeAll: () => undefined,
      outcome: 'BrokenResourceError',
      waiting: () => lock.statistics().tasksWaiting,
    };
  },
};

/** How four tasks end when the first of them is woken and `meanwhile` happens in that moment. */
async function outcomes(
  { wait, wakeAll, waiting }: Case,
  meanwhile: (handles: readonly TaskHandle<void>[]) => void,
): Promise<string[]> {
  const ended: string[] = [];
  let first: Task | undefined;
  await openNursery(async (nursery) => {
    const handles: TaskHandle<void>[] = [];
    for (let index = 0; index < 4; index++) {
      const task = async (): Promise<void> => {
        first ??= currentTask();
        try {
          await wait(index);
          ended[index] = 'woken';
        } catch (error) {
          ended[index] = (error as Error).name;
          throw error;
        }
      };
      handles.push(nursery.startSoon(() => task().catch(() => undefined)));
      await waitAllTasksBlocked();
    }
    const instrument = {
      taskScheduled: (task: Task): void => {
        if (task === first) meanwhile(handles);
      },
    };
    addInstrument(instrument);
    wakeAll();
    expect(waiting()).toBe(0);
    removeInstrument(instrument);
  });
  return ended;
}

describe('an instrument that hears that the first one was woken', () => {
  it.each(Object.entries(cases).filter(([title]) => !title.includes('lock')))(
    'C-15: may cancel the next ones: %s',
    (_, make) =>
      testRun(async () => {
        const each = make();
        const ended = await outcomes(each, (handles) => {
          for (const index of [1, 2]) handles[index]!.cancel();
        });
        expect(ended).toEqual([each.outcome, 'Cancelled', 'Cancelled', each.outcome]);
      })(),
  );

  it(
    'C-15: may cancel the next one: a lock whose owner ends',
    testRun(async () => {
      const lock = new Lock();
      const ended: string[] = [];
      let cancelNext = (): void => undefined;
      let first: Task | undefined;
      const instrument = { taskScheduled: (task: Task): void => void (task === first && cancelNext()) };
      await openNursery(async (nursery) => {
        const finish = new Event();
        nursery.startSoon(async () => {
          await lock.acquire();
          await finish.wait();
        });
        await waitAllTasksBlocked();
        const handles: TaskHandle<void>[] = [];
        for (let index = 0; index < 3; index++) {
          handles.push(
            nursery.startSoon(async () => {
              first ??= currentTask();
              await lock.acquire().catch((error: unknown) => void (ended[index] = (error as Error).name));
            }),
          );
          await waitAllTasksBlocked();
        }
        cancelNext = () => handles[1]!.cancel();
        addInstrument(instrument);
        finish.set();
        await waitAllTasksBlocked();
        removeInstrument(instrument);
      });
      expect(ended).toEqual(['BrokenResourceError', 'Cancelled', 'BrokenResourceError']);
      expect(lock.statistics().tasksWaiting).toBe(0);
    }),
  );

  it(
    'C-15: may cancel one when a handle is closed, through which only some wait; the others keep their places',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<string>(0);
      const handles = [receive, receive.clone()] as const;
      const ended: string[] = [];
      const tasks: Task[] = [];
      await openNursery(async (nursery) => {
        const started: TaskHandle<void>[] = [];
        for (let index = 0; index < 8; index++) {
          started.push(
            nursery.startSoon(async () => {
              tasks.push(currentTask());
              try {
                ended[index] = await handles[index % 2]!.receive();
              } catch (error) {
                ended[index] = (error as Error).name;
              }
            }),
          );
          await waitAllTasksBlocked();
        }
        const instrument = {
          taskScheduled: (task: Task): void => {
            if (task !== tasks[0]) return;
            for (const index of [1, 2, 4]) started[index]!.cancel();
          },
        };
        addInstrument(instrument);
        handles[0].close();
        removeInstrument(instrument);
        expect(send.statistics()).toMatchObject({ tasksWaitingReceive: 3, openReceiveChannels: 1 });
        for (const item of ['first', 'second', 'third']) send.sendNowait(item);
      });
      const [closed, cancelled] = ['ClosedResourceError', 'Cancelled'];
      expect(ended).toEqual([closed, cancelled, cancelled, 'first', cancelled, 'second', closed, 'third']);
    }),
  );
});
