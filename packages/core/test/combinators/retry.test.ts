import { describe, expect, it, jest } from '@jest/globals';
import { CancelScope, currentTime, moveOnAfter, retry, sleepForever } from '@tercet/core';
import { runVirtually, thrownBy } from '../run-virtually.ts';

const failing = (times: number): ((attempt: number) => number) => {
  return (attempt) => {
    if (attempt <= times) throw new Error(`attempt ${attempt}`);
    return attempt;
  };
};

describe('retry', () => {
  it('RT-1: returns the result of the first attempt that succeeds, counted from 1', async () => {
    await runVirtually(async () => {
      expect(await retry(failing(0))).toBe(1);
      expect(await retry(failing(2))).toBe(3);
    });
  });

  it('RT-1: makes three attempts by default, 100 and 200 ms apart', async () => {
    await runVirtually(async () => {
      const begin = currentTime();
      const error = await thrownBy(() => retry(failing(9)));
      expect((error as Error).message).toBe('attempt 3');
      expect(currentTime() - begin).toBe(300);
    });
  });

  it('RT-1: makes the pauses longer by the factor, up to maxDelay', async () => {
    await runVirtually(async () => {
      const pauses: number[] = [];
      const onRetry = (_error: unknown, _attempt: number, pause: number): void => void pauses.push(pause);
      await thrownBy(() => retry(failing(9), { attempts: 5, delay: 10, factor: 3, maxDelay: 50, onRetry }));
      expect(pauses).toEqual([10, 30, 50, 50]);
    });
  });

  it('RT-1: throws the last error, with the earlier ones as causes', async () => {
    await runVirtually(async () => {
      const error = (await thrownBy(() => retry(failing(9)))) as Error;
      expect((error.cause as Error).message).toBe('attempt 2');
      expect(((error.cause as Error).cause as Error).message).toBe('attempt 1');
    });
  });

  it('RT-1: leaves a cause that is there, and closes no circle', async () => {
    await runVirtually(async () => {
      const cause = new Error('why');
      const error = await thrownBy(() =>
        retry(() => {
          throw new Error('again', { cause });
        }),
      );
      expect((error as Error).cause).toBe(cause);
      const same = new Error('the same each time');
      const thrown = await thrownBy(() =>
        retry(() => {
          throw same;
        }),
      );
      expect(thrown).toBe(same);
      expect(same.cause).toBeUndefined();
    });
  });

  it('RT-1: makes another attempt after an error whose causes are a circle', async () => {
    let attempts = 0;
    const error = await runVirtually(() =>
      thrownBy(() =>
        retry(() => {
          const circular = new Error(`attempt ${++attempts}`);
          circular.cause = circular;
          throw circular;
        }),
      ),
    );
    expect([attempts, (error as Error).message]).toEqual([3, 'attempt 3']);
  });

  it('RT-1: throws errors that cannot be changed, and values that are not errors, as they are', async () => {
    await runVirtually(async () => {
      const frozen = Object.freeze(new Error('frozen'));
      const throwing = (value: unknown): Promise<unknown> =>
        thrownBy(() =>
          retry(() => {
            throw value;
          }),
        );
      expect(await throwing(frozen)).toBe(frozen);
      expect(await throwing('text')).toBe('text');
      expect(await throwing(undefined)).toBeUndefined();
    });
  });

  it('RT-1: makes no other attempt when `when` says no', async () => {
    await runVirtually(async () => {
      const fn = jest.fn(failing(9));
      const error = await thrownBy(() => retry(fn, { when: (_error, attempt) => attempt < 2 }));
      expect((error as Error).message).toBe('attempt 2');
      expect(fn).toHaveBeenCalledTimes(2);
    });
  });

  it('RT-1: makes no other attempt when its scope is cancelled, for every error of the attempt', async () => {
    await runVirtually(async () => {
      const fn = jest.fn(async () => {
        try {
          return await sleepForever();
        } catch {
          throw new Error('cleanup failed');
        }
      });
      const error = await thrownBy(() => moveOnAfter(10, () => retry(fn)));
      expect((error as Error).message).toBe('cleanup failed');
      expect(fn).toHaveBeenCalledTimes(1);
    });
  });

  it('RT-1: can be cancelled in a pause', async () => {
    await runVirtually(async () => {
      const begin = currentTime();
      await moveOnAfter(50, () => retry(failing(9)));
      expect(currentTime() - begin).toBe(50);
    });
  });

  it('is a checkpoint: nothing is called in a scope that is cancelled', async () => {
    await runVirtually(async () => {
      const fn = jest.fn(() => 1);
      await new CancelScope().run(async (scope) => {
        scope.cancel();
        await retry(fn);
      });
      expect(fn).not.toHaveBeenCalled();
    });
  });

  it('RT-2: shortens each pause by a random part of it, up to the share that jitter says', async () => {
    await runVirtually(async () => {
      const pauses: number[] = [];
      const onRetry = (_error: unknown, _attempt: number, pause: number): void => void pauses.push(pause);
      await thrownBy(() => retry(failing(99), { attempts: 40, delay: 100, factor: 1, jitter: 0.5, onRetry }));
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(50);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(100);
      expect(new Set(pauses).size).toBeGreaterThan(1);
    });
  });

  it('refuses options that are out of range', async () => {
    await runVirtually(async () => {
      for (const options of [{ attempts: 0 }, { attempts: 1.5 }, { factor: 0.5 }, { jitter: 2 }, { delay: -1 }]) {
        expect(await thrownBy(() => retry(() => 1, options))).toBeInstanceOf(RangeError);
      }
    });
  });
});
