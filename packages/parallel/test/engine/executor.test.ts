import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, isCancelled, openNursery, run } from '@tercet/core';
import { openWorkers } from '@tercet/parallel';
import type { Executor } from '@tercet/parallel';
import { job, memoryBackend, openEngine, serveJobs } from '@tercet/parallel/engine';
import type { EngineExecutor } from '@tercet/parallel/engine';
import { workerInfo } from '@tercet/parallel/worker';
import { errorOf, newFile, plain, tasks, whenBegun } from '../jobs.ts';

const where = job(plain.where!, { name: 'where', atLeastOnce: 'accepted' });
const here = job(plain.where!, { name: 'here', atLeastOnce: 'accepted' });
const fail = job(plain.fail!, { name: 'fail', atLeastOnce: 'accepted' });
const reportAll = job(plain.reportAll!, { name: 'reportAll', atLeastOnce: 'accepted' });
const waitAndMake = job(tasks.waitAndMake!, { name: 'waitAndMake', atLeastOnce: 'accepted' });

/** Serves jobs with one worker thread beside the body. */
function withExecutor(body: (engine: EngineExecutor, workers: Executor) => Promise<void>): Promise<void> {
  const backend = memoryBackend();
  const jobs = {
    where: plain.where!,
    here: () => workerInfo(),
    fail: plain.fail!,
    reportAll: plain.reportAll!,
    waitAndMake: tasks.waitAndMake!,
  };
  return run(() =>
    openWorkers({ kind: 'thread', max: 1, name: 'images' }, (workers) =>
      openNursery(async (nursery) => {
        nursery.startSoon(() => serveJobs({ backend, queue: 'q', jobs, executor: workers }));
        await openEngine({ backend, queue: 'q' }, (engine) => body(engine, workers));
        nursery.cancelScope.cancel('the test is over');
      }),
    ),
  );
}

describe('the executor of serveJobs', () => {
  it('P67: a remote function runs in a worker of the executor, and a plain function in this program', () =>
    withExecutor(async (engine, workers) => {
      expect(await engine.run(where)).toMatchObject({ kind: 'thread', name: expect.stringMatching(/^images worker/) });
      expect(workers.statistics().runTime.count).toBe(1);
      expect(await engine.run(here)).toBeUndefined();
      expect(workers.statistics().runTime.count).toBe(1);
    }));

  it('P67: errors of the worker reach the caller of the engine, with attempts and jobId', () =>
    withExecutor(async (engine) => {
      const error = await errorOf(engine.run(fail, 'too large'));
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ message: 'too large', attempts: 1, jobId: expect.stringMatching(/^fail\//) });
    }));

  it('P67: progress that the worker reports reaches the caller of the engine', () =>
    withExecutor(async (engine) => {
      const reports: unknown[] = [];
      const onProgress = (value: unknown): void => void reports.push(value);
      expect(await engine.with({ onProgress }).run(reportAll, 50)).toBe(50);
      expect(reports.at(-1)).toBe(50);
    }));

  it('P67, P70: a cancelled call ends the job in the worker, and waits for its cleanup', () =>
    withExecutor(async (engine) => {
      const file = newFile();
      const { begun, onProgress } = whenBegun();
      const scope = new CancelScope();
      let error: any;
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          scope.run(async () => {
            error = await errorOf(engine.with({ onProgress }).run(waitAndMake, file));
            expect(existsSync(file)).toBe(true);
          }),
        );
        await begun.wait();
        scope.cancel('enough');
      });
      expect(isCancelled(error)).toBe(true);
      expect(error.abandoned).toBeUndefined();
    }));
});
