import { describe, expect, it } from '@jest/globals';
import { CancelScope, currentTime, moveOnAfter, openNursery, sleep, sleepForever } from '@tercet/core';
import { testRun } from '@tercet/testing';
import type { JobFile } from '../../src/job-file/job-file.ts';
import { currentJob } from '../../src/logs/context.ts';
import type { JobEvent } from '../../src/runner/job-event.ts';
import type { Attempt, AttemptResult } from '../../src/runner/attempt.ts';
import { JobRun, type RunOptions } from '../../src/runner/run-jobs.ts';
import { jobFileOf } from './job-file-of.ts';

const succeeded: AttemptResult = { succeeded: true };
const failed: AttemptResult = { succeeded: false, reason: 'exit code 1' };

/** The events, as `time job event`. */
class Journal {
  readonly lines: string[] = [];

  readonly report = (event: JobEvent): void => {
    const details = event.kind === 'ended' ? event.state.status : event.kind;
    this.lines.push(`${currentTime()} ${currentJob.get()} ${details}`);
  };
}

async function runToEnd(
  file: JobFile,
  attempt: Attempt,
  options: Partial<RunOptions> = {},
): Promise<[JobRun, string[]]> {
  const journal = new Journal();
  const run = new JobRun(file);
  await run.run({ attempt, report: journal.report, ...options });
  return [run, journal.lines];
}

function statuses(run: JobRun): Record<string, string> {
  return Object.fromEntries([...run.states].map(([name, { status }]) => [name, status]));
}

/** Each job takes as long as its table says: milliseconds. */
function taking(times: Readonly<Record<string, number>>): Attempt {
  return async ({ name }) => {
    await sleep(times[name] ?? 0);
    return succeeded;
  };
}

describe('order', () => {
  it(
    'a job starts as soon as all it needs have succeeded, and not before',
    testRun(async () => {
      const file = jobFileOf({ last: { needs: ['slow', 'quick'] }, quick: {}, slow: {}, other: { needs: ['quick'] } });
      const [, lines] = await runToEnd(file, taking({ slow: 30, quick: 10, other: 5, last: 1 }));
      expect(lines).toEqual([
        '0 quick started',
        '0 slow started',
        '10 quick succeeded',
        '10 other started',
        '15 other succeeded',
        '30 slow succeeded',
        '30 last started',
        '31 last succeeded',
      ]);
    }),
  );

  it(
    'no more jobs run at a time than the limit says',
    testRun(async () => {
      let running = 0;
      let most = 0;
      const attempt: Attempt = async () => {
        most = Math.max(most, ++running);
        await sleep(10);
        running--;
        return succeeded;
      };
      const jobs = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`job-${n}`, {}]));
      const [run] = await runToEnd(jobFileOf(jobs, { concurrency: 3 }), attempt);
      expect([most, currentTime()]).toEqual([3, 40]);
      expect(run.succeeded).toBe(true);
    }),
  );

  it(
    'a thousand jobs in a chain, and a thousand beside each other, all run',
    testRun(async () => {
      const chain = Array.from({ length: 1000 }, (_, n) => [`c${n}`, { needs: n === 0 ? [] : [`c${n - 1}`] }] as const);
      const flat = Array.from({ length: 1000 }, (_, n) => [`f${n}`, {}] as const);
      const [run] = await runToEnd(jobFileOf(Object.fromEntries([...chain, ...flat])), async () => succeeded);
      expect(run.succeeded).toBe(true);
    }),
  );
});

describe('failures', () => {
  it(
    'skip what needs them, directly or not, and nothing else',
    testRun(async () => {
      const file = jobFileOf({ bad: {}, child: { needs: ['bad'] }, grandchild: { needs: ['child'] }, other: {} });
      const [run] = await runToEnd(file, async ({ name }) => (name === 'bad' ? failed : succeeded));
      expect(statuses(run)).toEqual({ bad: 'failed', child: 'skipped', grandchild: 'skipped', other: 'succeeded' });
      expect(run.states.get('bad')?.reason).toBe('exit code 1');
      expect(run.states.get('grandchild')?.reason).toBe('needs child');
      expect(run.succeeded).toBe(false);
    }),
  );

  it(
    'with failFast end all other jobs, and say which one it was',
    testRun(async () => {
      const file = jobFileOf({ bad: {}, busy: {}, waiting: { needs: ['busy'] } });
      const attempt: Attempt = async ({ name }) => (name === 'bad' ? (await sleep(5), failed) : sleepForever());
      const [run] = await runToEnd(file, attempt, { failFast: true });
      expect(statuses(run)).toEqual({ bad: 'failed', busy: 'cancelled', waiting: 'cancelled' });
      expect(run.states.get('busy')?.reason).toBe('bad has failed');
      expect(currentTime()).toBe(5);
    }),
  );

  it(
    'of jobd itself end the run with their error, and leave no job in doubt',
    testRun(async () => {
      const run = new JobRun(jobFileOf({ a: {}, b: {} }));
      const attempt: Attempt = async ({ name }) => {
        if (name === 'b') return sleepForever();
        throw new Error('disk full');
      };
      const ending = run.run({ attempt, report: () => undefined });
      await expect(ending).rejects.toMatchObject({ errors: [expect.objectContaining({ message: 'disk full' })] });
      expect(statuses(run)).toEqual({ a: 'failed', b: 'cancelled' });
    }),
  );
});

describe('time limits', () => {
  it(
    'end an attempt that takes too long, and its job is tried again',
    testRun(async () => {
      const retry = { times: 1, delay: 50, factor: 2, maxDelay: Infinity };
      const attempt: Attempt = async (_, number) => (number === 1 ? sleepForever() : succeeded);
      const [run, lines] = await runToEnd(jobFileOf({ a: { timeout: 100, retry } }), attempt);
      expect(lines).toEqual(['0 a started', '100 a retrying', '150 a started', '150 a succeeded']);
      expect(run.states.get('a')).toMatchObject({ attempts: 2, duration: 150 });
    }),
  );

  it(
    'are the result when no attempt is left',
    testRun(async () => {
      const [run] = await runToEnd(jobFileOf({ a: { timeout: 100 } }), sleepForever);
      expect(run.states.get('a')).toMatchObject({ status: 'timed out', reason: 'took longer than 100 ms' });
    }),
  );

  it(
    'of the whole run end all jobs, and it ends without an error',
    testRun(async () => {
      const file = jobFileOf({ quick: {}, slow: {}, next: { needs: ['slow'] } }, { timeout: 1_000 });
      const [run] = await runToEnd(file, taking({ quick: 10, slow: 5_000 }));
      expect(statuses(run)).toEqual({ quick: 'succeeded', slow: 'cancelled', next: 'cancelled' });
      expect(run.states.get('slow')?.reason).toBe('the time of the whole run was up');
      expect(currentTime()).toBe(1_000);
    }),
  );
});

describe('retries', () => {
  it(
    'wait longer each time, up to the longest delay',
    testRun(async () => {
      const retry = { times: 4, delay: 10, factor: 3, maxDelay: 50 };
      const starts: number[] = [];
      const attempt: Attempt = async () => (starts.push(currentTime()), failed);
      const [run] = await runToEnd(jobFileOf({ a: { retry } }), attempt);
      expect(starts).toEqual([0, 10, 40, 90, 140]);
      expect(run.states.get('a')).toMatchObject({ status: 'failed', attempts: 5, reason: 'exit code 1' });
    }),
  );

  it(
    'leave their place to others while they wait',
    testRun(async () => {
      const retry = { times: 1, delay: 100, factor: 1, maxDelay: Infinity };
      const attempt: Attempt = async ({ name }, number) => {
        await sleep(10);
        return name === 'flaky' && number === 1 ? failed : succeeded;
      };
      const [, lines] = await runToEnd(jobFileOf({ flaky: { retry }, other: {} }, { concurrency: 1 }), attempt);
      expect(lines).toEqual(expect.arrayContaining(['10 other started', '110 flaky started', '120 flaky succeeded']));
    }),
  );
});

describe('cancellation', () => {
  it(
    'reaches every job, and how far each had come can be read afterwards',
    testRun(async () => {
      const run = new JobRun(jobFileOf({ done: {}, busy: {}, waiting: { needs: ['busy'] } }));
      const attempt = taking({ done: 10, busy: 1_000 });
      await moveOnAfter(500, async (scope) => {
        await openNursery(async (nursery) => {
          nursery.startSoon(async () => {
            await sleep(100);
            scope.cancel('enough');
          });
          await run.run({ attempt, report: () => undefined });
        });
      });
      expect(statuses(run)).toEqual({ done: 'succeeded', busy: 'cancelled', waiting: 'cancelled' });
      expect(run.states.get('busy')).toMatchObject({ reason: 'enough', duration: 100 });
    }),
  );
});

describe('shutdown', () => {
  const retry = { times: 1, delay: 50, factor: 1, maxDelay: Infinity };
  const jobs = { quick: {}, flaky: { retry }, slow: {}, after: { needs: ['quick'] }, crowded: {} };
  const attempt: Attempt = async ({ name }, number) => {
    await sleep(name === 'slow' ? 10_000 : 200);
    return name === 'flaky' && number === 1 ? failed : succeeded;
  };

  it(
    'SD-8: begins no job any more; running ones end within the grace, with their further attempts',
    testRun(async () => {
      const run = new JobRun(jobFileOf(jobs, { concurrency: 3 }));
      const scope = new CancelScope();
      await scope.run(() =>
        openNursery(async (nursery) => {
          nursery.startSoon(() => run.run({ attempt, report: () => undefined }));
          await sleep(100);
          scope.shutdown();
          run.endWithin(1_000);
        }),
      );
      expect([...run.states.values()].map(({ job, status, reason }) => [job.name, status, reason])).toEqual([
        ['quick', 'succeeded', undefined],
        ['flaky', 'succeeded', undefined],
        ['slow', 'cancelled', 'the grace period is over'],
        ['after', 'cancelled', 'jobd is stopping'],
        ['crowded', 'cancelled', 'jobd is stopping'],
      ]);
      expect([run.states.get('slow')?.duration, currentTime()]).toEqual([1_100, 1_100]);
    }),
  );

  it(
    'SD-8: a run that begins in a shutdown cancels all its jobs',
    testRun(async () => {
      const run = new JobRun(jobFileOf(jobs));
      const scope = new CancelScope();
      scope.shutdown();
      await scope.run(() => run.run({ attempt, report: () => undefined }));
      expect(new Set(Object.values(statuses(run)))).toEqual(new Set(['cancelled']));
    }),
  );
});

it(
  'code below a job can find out which job it belongs to',
  testRun(async () => {
    const seen: string[] = [];
    const attempt: Attempt = async ({ name }) => {
      await openNursery((nursery) => {
        nursery.startSoon(async () => {
          await sleep(1);
          seen.push(`${name}: ${currentJob.get()}`);
        });
      });
      return succeeded;
    };
    await runToEnd(jobFileOf({ a: {}, b: {} }), attempt);
    expect(seen).toEqual(['a: a', 'b: b']);
    expect(currentJob.get('none')).toBe('none');
  }),
);
