import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { availableParallelism } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { openNursery, run, sleep } from '@tercet/core';
import { BrokenWorkerError, openWorkers } from '@tercet/parallel';
import { watchWhatIsLeft } from '../chaos/left-behind.ts';
import { errorOf, KINDS, make, newFile, plain, until } from '../jobs.ts';

describe.each(KINDS)('with workers of kind %s', (kind) => {
  it('P16: at most max run at once', () =>
    run(() =>
      openWorkers({ kind, max: 2 }, async (workers) => {
        const file = newFile();
        await openNursery(async (nursery) => {
          for (let call = 0; call < 6; call++) nursery.startSoon(() => workers.run(plain['blockUntil']!, file));
          await until(workers, ({ running }) => running === 2);
          expect(workers.statistics()).toMatchObject({ running: 2, queued: 4, started: 2 });
          make(file);
        });
        expect(workers.statistics()).toMatchObject({ idle: 2, started: 2, queued: 0 });
      }),
    ));

  it('P17, G-155, THR-026: the worker that became idle last is taken first', () =>
    run(() =>
      openWorkers({ kind, max: 2 }, async (workers) => {
        const [one, two] = [newFile(), newFile()];
        await openNursery(async (nursery) => {
          nursery.startSoon(() => workers.run(plain['blockUntil']!, one));
          nursery.startSoon(() => workers.run(plain['blockUntil']!, two));
          await until(workers, ({ running }) => running === 2);
          make(one);
          await until(workers, ({ running }) => running === 1);
          const { id: first } = await workers.run(plain['where']!);
          make(two);
          await until(workers, ({ running }) => running === 0);
          const { id: last } = await workers.run(plain['where']!);
          expect(last).not.toBe(first);
          expect((await workers.run(plain['where']!)).id).toBe(last);
        });
      }),
    ));

  it('P18: with an idleTimeout of 0 a worker leaves at once', () =>
    run(() =>
      openWorkers({ kind, max: 1, idleTimeout: 0 }, async (workers) => {
        expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
        await until(workers, ({ retired }) => retired === 1);
        expect(await workers.run(plain['countUp']!)).toBe(1);
      }),
    ));

  it('P18, THR-026: an idle worker leaves after the idleTimeout', () =>
    run(() =>
      openWorkers({ kind, max: 1, idleTimeout: { milliseconds: 20 } }, async (workers) => {
        await workers.run(plain['add']!, 1, 2);
        await until(workers, ({ retired, idle }) => retired === 1 && idle === 0);
        expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
      }),
    ));

  it('P19: init runs once before the first job', () =>
    run(() =>
      openWorkers({ kind, max: 1, init: plain['prepare']! }, async (workers) => {
        expect(await workers.run(plain['isReady']!)).toBe(true);
      }),
    ));

  it('P19: a failing init is a BrokenWorkerError for the call, with its cause', () =>
    run(() =>
      openWorkers({ kind, max: 1, init: plain['failToPrepare'] as never }, async (workers) => {
        const error = await errorOf(workers.run(plain['add']!, 1, 2));
        expect(error).toBeInstanceOf(BrokenWorkerError);
        expect(error).toMatchObject({ reason: 'start', started: false });
        expect(error.cause).toBeInstanceOf(RangeError);
        expect(error.cause.message).toBe('no database');
      }),
    ));

  it('P19: an init that does not exist is a BrokenWorkerError, too', () =>
    run(() =>
      openWorkers({ kind, max: 1, init: plain['nope'] as never }, async (workers) => {
        expect(await errorOf(workers.run(plain['add']!, 1, 2))).toMatchObject({ reason: 'start' });
      }),
    ));

  it('P19: flags that Node does not know are a BrokenWorkerError', () =>
    run(() =>
      openWorkers({ kind, max: 1, execArgv: ['--no-such-flag'], stdio: 'ignore' }, async (workers) => {
        expect(await errorOf(workers.run(plain['add']!, 1, 2))).toMatchObject({ reason: 'start' });
      }),
    ));

  it('P20: retire runs after each job, and true ends the worker after the answer', () =>
    run(() =>
      openWorkers({ kind, max: 1, retire: plain['afterTwo'] as never }, async (workers) => {
        const counts: unknown[] = [];
        for (let call = 0; call < 5; call++) counts.push(await workers.run(plain['countUp']!));
        expect(counts).toEqual([1, 2, 1, 2, 1]);
        await until(workers, ({ retired }) => retired === 2);
        expect(workers.statistics().broken).toBe(0);
      }),
    ));

  it('P20: jobs that were sent ahead to a worker that retires run elsewhere', () =>
    run(() =>
      openWorkers({ kind, max: 1, prefetch: 8, retire: plain['afterTwo'] as never }, async (workers) => {
        const counts = await workers.map(plain['countUp']!, new Array(6).fill(0), { concurrency: 6 });
        expect(counts).toEqual([1, 2, 1, 2, 1, 2]);
      }),
    ));

  it('P21: a retire that throws breaks its worker: an event tells it, and the exit, but no call', async () => {
    const events: unknown[] = [];
    const listen = (event: unknown): void => void events.push(event);
    subscribe('tercet:parallel:worker:broken', listen);
    try {
      const error = await errorOf(
        run(() =>
          openWorkers({ kind, max: 1, retire: plain['failToRetire'] as never }, async (workers) => {
            expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
            await until(workers, ({ broken }) => broken === 1);
          }),
        ),
      );
      expect(error).toBeInstanceOf(BrokenWorkerError);
      expect(error.reason).toBe('retire');
      expect(error.cause.message).toBe('cannot retire');
      expect(events).toHaveLength(1);
    } finally {
      unsubscribe('tercet:parallel:worker:broken', listen);
    }
  });

  it('P22: a worker leaves after maxJobs', () =>
    run(() =>
      openWorkers({ kind, max: 1, maxJobs: 2, prefetch: 8 }, async (workers) => {
        const counts = await workers.map(plain['countUp']!, new Array(5).fill(0), { concurrency: 5 });
        expect(counts).toEqual([1, 2, 1, 2, 1]);
        await until(workers, ({ retired }) => retired === 2);
      }),
    ));

  it('P22: a worker leaves when its heap is larger than maxHeap', () =>
    run(() =>
      openWorkers({ kind, max: 1, maxHeap: 100_000_000 }, async (workers) => {
        expect(await workers.run(plain['countUp']!)).toBe(1);
        expect(await workers.run(plain['countUp']!)).toBe(2);
        await workers.run(plain['allocate']!, 200_000_000);
        expect(await workers.run(plain['countUp']!)).toBe(1);
      }),
    ));

  it('P23: min workers are started ahead, and again when one is lost', () =>
    run(() =>
      openWorkers({ kind, max: 2, min: 2 }, async (workers) => {
        await until(workers, ({ idle }) => idle === 2);
        await errorOf(workers.run(plain['exit']!, 1));
        await until(workers, ({ idle, started }) => idle === 2 && started === 3);
        expect(workers.statistics().broken).toBe(1);
      }),
    ));

  it('P24: the state of modules stays between the jobs of a worker, and does not cross to others', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (one) => {
        expect(await one.run(plain['countUp']!)).toBe(1);
        expect(await one.run(plain['countUp']!)).toBe(2);
        await openWorkers({ kind, max: 1 }, async (two) => {
          expect(await two.run(plain['countUp']!)).toBe(1);
        });
      }),
    ));

  it('P64: the statistics add up at rest', () =>
    run(() =>
      openWorkers({ kind, max: 2, maxJobs: 3 }, async (workers) => {
        await workers.map(plain['add']!, new Array(10).fill(1), { concurrency: 4 });
        await errorOf(workers.run(plain['exit']!, 1));
        await until(workers, (now) => now.idle + now.running === now.started - now.retired - now.broken);
        await until(workers, ({ running }) => running === 0);
        const { idle, running, started, retired, broken, queued, runTime, waitTime } = workers.statistics();
        expect(idle + running).toBe(started - retired - broken);
        expect(queued).toBe(0);
        expect(runTime.count).toBe(10);
        expect(waitTime.count).toBe(10);
        expect(runTime.max).toBeGreaterThan(0);
      }),
    ));
});

it('P16: the default is as many as the machine has processors', () =>
  run(() =>
    openWorkers({}, async (workers) => {
      const file = newFile();
      await openNursery(async (nursery) => {
        for (let call = 0; call < availableParallelism() + 3; call++) {
          nursery.startSoon(() => workers.run(plain['blockUntil']!, file));
        }
        await until(workers, ({ running }) => running === availableParallelism());
        expect(workers.statistics().queued).toBe(3);
        make(file);
      });
    }),
  ));

it('P18: options with wrong values are refused before anything starts', () =>
  run(async () => {
    const never = (): never => {
      throw new Error('not to be called');
    };
    for (const [options, error] of [
      [{ idleTimeout: -1 }, RangeError],
      [{ idleTimeout: 'soon' }, TypeError],
      [{ max: 0 }, RangeError],
      [{ max: 1.5 }, TypeError],
      [{ min: 3, max: 2 }, RangeError],
      [{ kind: 'fiber' }, TypeError],
      [{ prefetch: -1 }, RangeError],
      [{ grace: NaN }, RangeError],
      [{ init: () => 1 }, TypeError],
      [{ maxJobs: 0 }, RangeError],
      [{ stdio: 'pipe' }, TypeError],
    ] as const) {
      expect(await errorOf(openWorkers(options as never, never))).toBeInstanceOf(error);
    }
  }));

it('P19: an environment that cannot be passed to a process is a BrokenWorkerError, and leaves nothing open', () =>
  run(() =>
    openWorkers({ max: 1, kind: 'process', env: { NAME: 'a\0b' } }, async (workers) => {
      const whatIsLeft = watchWhatIsLeft();
      for (let call = 0; call < 3; call++) {
        expect(await errorOf(workers.run(plain['add']!, 1, 2))).toMatchObject({ reason: 'start', started: false });
      }
      expect((await whatIsLeft()).descriptors).toEqual([]);
    }),
  ));

it('P18: with an infinite idleTimeout a worker stays', () =>
  run(() =>
    openWorkers({ max: 1, idleTimeout: Infinity }, async (workers) => {
      expect(await workers.run(plain['countUp']!)).toBe(1);
      await sleep(1);
      expect(await workers.run(plain['countUp']!)).toBe(2);
    }),
  ));
