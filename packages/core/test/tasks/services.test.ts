import { describe, expect, it } from '@jest/globals';
import { currentTime, ExceptionGroup, moveOnAfter, openNursery, shielded, sleep, sleepForever } from '@tercet/core';
import { runVirtually, thrownBy } from '../run-virtually.ts';

/** A service that takes some time to end, and writes down when it has. */
function service(events: string[], name: string, cleanup = 5): () => Promise<void> {
  return async () => {
    try {
      await sleepForever();
    } finally {
      events.push(`${name} ends at ${currentTime()}`);
      await shielded(() => sleep(cleanup));
      events.push(`${name} has ended at ${currentTime()}`);
    }
  };
}

describe('services', () => {
  it('SV-1: do not keep their nursery open, and end one after the other, the last first', async () => {
    await runVirtually(async () => {
      const events: string[] = [];
      await openNursery(async (nursery) => {
        nursery.startService(service(events, 'first'));
        nursery.startService(service(events, 'second'));
        nursery.startSoon(sleep, 20);
        await sleep(10);
      });
      expect(events).toEqual([
        'second ends at 20',
        'second has ended at 25',
        'first ends at 25',
        'first has ended at 30',
      ]);
    });
  });

  it('SV-1: wait for pending starts', async () => {
    await runVirtually(async () => {
      const events: string[] = [];
      await openNursery((nursery) => {
        nursery.startService(service(events, 'service'));
        nursery.startSoon(() =>
          nursery.start<void>(async (taskStatus) => {
            await sleep(10);
            taskStatus.started();
            await sleep(10);
          }),
        );
      });
      expect(events[0]).toBe('service ends at 20');
    });
  });

  it('SV-1: may end by themselves, and be cancelled alone', async () => {
    await runVirtually(async () => {
      const events: string[] = [];
      await openNursery(async (nursery) => {
        const quick = nursery.startService(() => 'done');
        const cancelled = nursery.startService(service(events, 'cancelled'));
        await sleep(1);
        cancelled.cancel();
        await cancelled.join();
        expect([quick.state, cancelled.state]).toEqual(['done', 'cancelled']);
        expect(await quick.result()).toBe('done');
      });
      expect(currentTime()).toBe(6);
    });
  });

  it('SV-2: are reached by a cancellation from outside only when the others have ended', async () => {
    await runVirtually(async () => {
      const events: string[] = [];
      const task = async (): Promise<void> => {
        try {
          await sleepForever();
        } finally {
          await shielded(() => sleep(30));
          events.push(`task has ended at ${currentTime()}`);
        }
      };
      await moveOnAfter(10, () =>
        openNursery((nursery) => {
          nursery.startService(service(events, 'service'));
          nursery.startSoon(task);
        }),
      );
      expect(events).toEqual(['task has ended at 40', 'service ends at 40', 'service has ended at 45']);
    });
  });

  it('SV-2: are not reached by the cancellation of their own nursery before the others have ended', async () => {
    await runVirtually(async () => {
      const events: string[] = [];
      await openNursery(async (nursery) => {
        nursery.startService(service(events, 'service'));
        nursery.startSoon(() => shielded(() => sleep(20)));
        await sleep(1);
        nursery.cancelScope.cancel();
      });
      expect(events[0]).toBe('service ends at 20');
    });
  });

  it('SV-2: go on while the others end because one of them has failed', async () => {
    await runVirtually(async () => {
      const events: string[] = [];
      const error = await thrownBy(() =>
        openNursery((nursery) => {
          nursery.startService(service(events, 'service'));
          nursery.startSoon(() => shielded(() => sleep(20)));
          nursery.startSoon(() => {
            throw new Error('boom');
          });
        }),
      );
      expect((error as ExceptionGroup).errors).toEqual([new Error('boom')]);
      expect(events[0]).toBe('service ends at 20');
    });
  });

  it('SV-3: fail their nursery when they fail', async () => {
    await runVirtually(async () => {
      const error = await thrownBy(() =>
        openNursery((nursery) => {
          nursery.startSoon(sleepForever);
          nursery.startService(async () => {
            await sleep(10);
            throw new RangeError('no heartbeat');
          });
        }),
      );
      expect(error).toBeInstanceOf(ExceptionGroup);
      expect((error as ExceptionGroup).errors).toEqual([new RangeError('no heartbeat')]);
      expect(currentTime()).toBe(10);
    });
  });

  it('SV-3: fail their nursery when their cleanup fails', async () => {
    await runVirtually(async () => {
      const error = await thrownBy(() =>
        openNursery((nursery) => {
          nursery.startService(async () => {
            try {
              await sleepForever();
            } catch {
              throw new Error('cleanup failed');
            }
          });
        }),
      );
      expect((error as ExceptionGroup).leaves()).toEqual([new Error('cleanup failed')]);
    });
  });
});
