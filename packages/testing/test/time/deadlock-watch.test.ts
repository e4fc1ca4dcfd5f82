import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import {
  abandonable,
  CancelScope,
  currentTime,
  DeadlockError,
  named,
  openNursery,
  run,
  shielded,
  sleep,
  sleepForever,
} from '@tercet/core';
import { currentTask, SystemClock } from '@tercet/core/lowlevel';
import { Event, Lock, openMemoryChannel } from '@tercet/sync';
import { MockClock, Sequencer, testRun, waitAllTasksBlocked } from '@tercet/testing';

describe('a test that can never end', () => {
  it('fails with the task tree', async () => {
    const test = testRun(async () => {
      const [, receive] = openMemoryChannel<string>(0);
      const ready = new Event();
      await openNursery((nursery) => {
        nursery.startSoon(named('consumer', () => receive.receive()));
        nursery.startSoon(named('server', () => ready.wait()));
      });
    });
    const error = await test().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DeadlockError);
    const { message } = error as DeadlockError;
    expect(message).toMatch(/^nothing can ever wake this run: .*no deadline is pending, and nothing else goes on\n/);
    expect(message).toMatch(/task consumer#\d+, waiting for an item in a channel/);
    expect(message).toMatch(/task server#\d+, waiting for event/);
  });

  it('is noticed with sleepForever, with two locks, and with a position of a Sequencer that is never used', async () => {
    await expect(testRun(sleepForever)()).rejects.toThrow(DeadlockError);
    const crosswise = testRun(async () => {
      const locks = [new Lock(), new Lock()] as const;
      await openNursery((nursery) => {
        for (const [first, second] of [locks, locks.toReversed()]) {
          nursery.startSoon(async () => {
            using _ = await first!.acquire();
            await waitAllTasksBlocked();
            await second!.acquire();
          });
        }
      });
    });
    await expect(crosswise()).rejects.toThrow(DeadlockError);
    await expect(testRun(() => new Sequencer().run(1, () => undefined))()).rejects.toThrow('position 1 of a Sequencer');
  });

  it('is noticed after the last deadline, and its cleanup runs', async () => {
    const log: string[] = [];
    const test = testRun(async () => {
      await sleep({ hours: 1 });
      try {
        await new Event().wait();
      } finally {
        await shielded(() => sleep(1000));
        log.push(`cleaned up at ${currentTime()}`);
      }
    });
    await expect(test()).rejects.toThrow(DeadlockError);
    expect(log).toEqual(['cleaned up at 3601000']);
  });

  it('is also noticed in a run with a MockClock', async () => {
    const clock = new MockClock({ autojumpThreshold: 0 });
    await expect(run(() => new Event().wait(), { clock })).rejects.toThrow(DeadlockError);
  });

  it('is noticed when a promise is awaited that nothing can settle', async () => {
    const test = testRun(() => abandonable(new Promise(() => undefined)));
    await expect(test()).rejects.toThrow(/waiting for abandonable/);
  });
});

describe('not a deadlock', () => {
  it(
    'is a pending timer of the platform, which may wake a task',
    testRun(async () => {
      const event = new Event();
      // Longer than a process has to be quiet without doubt.
      setTimeout(() => event.set(), 1200);
      await event.wait();
      expect(event.isSet).toBe(true);
    }),
  );

  it('is a pending timer of the platform, even if an earlier one has fired meanwhile', async () => {
    setTimeout(() => undefined, 50);
    await testRun(async () => {
      const event = new Event();
      setTimeout(() => event.set(), 1200);
      await event.wait();
      expect(event.isSet).toBe(true);
    })();
  });

  it(
    'is a promise for which work goes on that the platform does not report',
    testRun(async () => {
      const slow = new Promise<string>((resolve) => {
        const timer = setTimeout(resolve, 700, 'the answer');
        timer.unref();
      });
      expect(await abandonable(slow)).toBe('the answer');
    }),
  );

  it('is an open socket, which may receive data', async () => {
    const event = new Event();
    let tree = '';
    const test = testRun(
      async () => {
        const server = createServer((socket) => {
          socket.destroy();
          event.set();
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const { port } = server.address() as AddressInfo;
        setTimeout(() => {
          void import('node:net').then(({ connect }) => connect(port, '127.0.0.1').on('error', () => undefined));
        }, 800).unref();
        await event.wait();
        tree = 'was woken';
        server.close();
      },
      { leftovers: 'ignore' },
    );
    await test();
    expect(tree).toBe('was woken');
  });

  it('is a run with another clock, or with one that moves only by jump()', async () => {
    for (const clock of [new SystemClock(), new MockClock()]) {
      const scope = new CancelScope();
      const ended = run(() => scope.run(() => new Event().wait()), { clock });
      await new Promise((resolve) => setTimeout(resolve, 700));
      scope.cancel();
      expect(await ended).toBeUndefined();
    }
  });

  it(
    'is a run in which a task has started meanwhile',
    testRun(async () => {
      const event = new Event();
      await openNursery(async (nursery) => {
        const task = currentTask();
        // A callback of other code starts a task, which waits for work that the platform does not report.
        setTimeout(() => {
          expect(task.waitingFor).toBe('event');
          nursery.startSoon(async () => {
            await new Promise((resolve) => setTimeout(resolve, 700).unref());
            event.set();
          });
        }, 10);
        await event.wait();
      });
    }),
  );
});
