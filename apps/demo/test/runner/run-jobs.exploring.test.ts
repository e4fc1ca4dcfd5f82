import { expect, it } from '@jest/globals';
import { moveOnAfter, openNursery, sleep } from '@tercet/core';
import { explore } from '@tercet/testing';
import assert from 'node:assert/strict';
import type { Job } from '../../src/job-file/job-file.ts';
import type { JobEvent } from '../../src/runner/job-event.ts';
import type { AttemptResult } from '../../src/runner/attempt.ts';
import { JobRun } from '../../src/runner/run-jobs.ts';
import { jobFileOf } from './job-file-of.ts';

/** Number of orders for each program. `npm run soak -w apps/demo` sets it. */
const runs = Number(process.env['TERCET_SOAK'] ?? 300);

const jobs: Readonly<Record<string, Partial<Job>>> = {
  fetch: {},
  compile: { needs: ['fetch'], retry: { times: 1, delay: 5, factor: 2, maxDelay: Infinity } },
  lint: { needs: ['fetch'], timeout: 10 },
  flaky: { retry: { times: 2, delay: 5, factor: 1, maxDelay: Infinity } },
  test: { needs: ['compile', 'flaky'] },
  publish: { needs: ['test', 'lint'] },
};

const file = jobFileOf(jobs, { concurrency: 2 });

/** Runs the jobs, while `meddle` does something to them, and checks what must hold however they end. */
async function runAll(
  meddle: (run: JobRun) => unknown,
  options: { readonly failFast?: boolean } = {},
): Promise<JobRun> {
  const run = new JobRun(file);
  const ended: string[] = [];
  let working = 0;
  const attempt = async ({ name }: Job, number: number): Promise<AttemptResult> => {
    for (const need of jobs[name]!.needs ?? []) assert.equal(run.states.get(need)!.status, 'succeeded');
    assert.ok(++working <= file.concurrency, 'more at a time than allowed');
    try {
      await sleep(10);
    } finally {
      working--;
    }
    const fails = (name === 'compile' && number === 1) || (name === 'flaky' && number < 3);
    return fails ? { succeeded: false, reason: 'exit code 1' } : { succeeded: true };
  };
  const report = (event: JobEvent): void => {
    if (event.kind === 'ended') ended.push(event.state.job.name);
  };
  await openNursery((nursery) => {
    nursery.startSoon(() => run.run({ attempt, report, ...options }));
    nursery.startSoon(() => meddle(run));
  });
  assert.equal(working, 0);
  assert.deepEqual([...ended].sort(), [...file.jobs.keys()].sort(), 'each job ends once');
  for (const [name, { status, job }] of run.states) {
    assert.ok(!['waiting', 'running'].includes(status), `${name} is ${status}`);
    const unmet = job.needs.some((need) => run.states.get(need)!.status !== 'succeeded');
    if (unmet) assert.ok(['skipped', 'cancelled'].includes(status), `${name} is ${status}`);
  }
  return run;
}

const programs: Readonly<Record<string, () => unknown>> = {
  'that nobody disturbs': async () => {
    const run = await runAll(() => undefined);
    // Its timeout and its end are at the same instant.
    const isInTime = run.states.get('lint')!.status === 'succeeded';
    assert.equal(run.succeeded, isInTime);
    assert.equal(run.states.get('publish')!.status, isInTime ? 'succeeded' : 'skipped');
    assert.equal(run.states.get('test')!.status, 'succeeded');
  },
  'of which one is cancelled': () => runAll((run) => run.cancelJob('compile', 'by hand')),
  'that get a grace when some have ended': () => runAll((run) => sleep(20).then(() => run.endWithin(5))),
  'that are all cancelled when some have ended': () => runAll((run) => sleep(20).then(() => run.cancel('enough'))),
  'that are cancelled from outside': async () => {
    const run = new JobRun(file);
    const attempt = (): Promise<AttemptResult> => sleep(10).then(() => ({ succeeded: true }));
    await moveOnAfter(10, () => run.run({ attempt, report: () => undefined }));
    run.endTheRest('cancelled', 'the daemon ends');
    for (const { hasEnded } of run.states.values()) assert.ok(hasEnded);
  },
  'of which the first failure ends all': () => runAll(() => undefined, { failFast: true }),
};

it.each(Object.entries(programs))(
  'XO-6: jobs %s end as they should, in many orders',
  async (_, program) => {
    for (const strategy of ['pct', 'random'] as const)
      expect((await explore(program, { runs, strategy })).runs).toBe(runs);
  },
  1_000_000,
);
