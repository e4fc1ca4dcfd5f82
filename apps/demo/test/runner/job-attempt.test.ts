import { describe, expect, it } from '@jest/globals';
import { SystemClock } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { parseJobFile } from '../../src/job-file/parse-job-file.ts';
import type { Log } from '../../src/logs/job-output.ts';
import type { LogFolder } from '../../src/logs/log-folder.ts';
import { jobAttempt } from '../../src/runner/job-attempt.ts';
import { JobRun } from '../../src/runner/run-jobs.ts';

const keep: Log = { write: async () => undefined, close: async () => undefined };

/** A log on a disk that is full: writing fails, and closing, which writes the rest, once more. */
function fullDisk(): Log {
  const fail = async (): Promise<never> => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
  };
  return { write: fail, close: fail };
}

async function outcomesOf(text: string, logOf: (job: string) => Log): Promise<unknown[]> {
  const run = new JobRun(parseJobFile(text, '/tmp/jobs.yaml'));
  const logs = { openLog: async (job: string) => logOf(job) } as unknown as LogFolder;
  const report = (): void => undefined;
  await run.run({ attempt: jobAttempt({ logs, report, scratch: '/tmp' }), report });
  return [...run.states.values()].map(({ job, status, reason }) => [job.name, status, reason]);
}

const realTime = { clock: () => new SystemClock() };

it(
  'R-12: an error in jobd itself is not taken for a refusal of the system, also when there is one beside it',
  testRun(async () => {
    const broken = async (): Promise<never> => {
      throw new TypeError('a mistake');
    };
    const outcomes = outcomesOf('jobs: { a: { run: "echo hello" } }', () => ({ ...fullDisk(), write: broken }));
    await expect(outcomes).rejects.toThrow('SuppressedError');
  }, realTime),
);

describe('a job that the system refuses something', () => {
  it(
    'R-12: fails with the reason that the system gives, and the others go on',
    testRun(async () => {
      const text = 'jobs: { full: { run: "echo hello" }, fine: { run: "sleep 0.1" } }';
      const outcomes = await outcomesOf(text, (job) => (job === 'full' ? fullDisk() : keep));
      expect(outcomes).toEqual([
        ['full', 'failed', 'Error: ENOSPC: no space left on device, write'],
        ['fine', 'succeeded', undefined],
      ]);
    }, realTime),
  );

  it(
    'says in its log that its folder is missing',
    testRun(async () => {
      let output = '';
      const log: Log = { ...keep, write: async (bytes) => (output += Buffer.from(bytes).toString()) };
      const [[, status, reason] = []] = (await outcomesOf(
        'jobs: { a: { run: "true", cwd: none } }',
        () => log,
      )) as string[][];
      expect(status).toBe('failed');
      expect(reason).toMatch(/ENOENT.*\/tmp\/none/);
      expect(output.split('\n')[1]).toBe(`--- ${reason}`);
    }, realTime),
  );

  it(
    'R-9: fails alone, for every kind of failure',
    testRun(async () => {
      const long = 'x'.repeat(200_000);
      const text = `jobs: { long: { run: ["true", "${long}"] }, missing: { run: [no-such-program] }, fine: { run: "true" } }`;
      const outcomes = await outcomesOf(text, () => keep);
      expect(outcomes).toEqual([
        ['long', 'failed', expect.stringContaining('E2BIG')],
        ['missing', 'failed', expect.stringContaining('ENOENT')],
        ['fine', 'succeeded', undefined],
      ]);
    }, realTime),
  );
});

it(
  'R-6: variables of any name reach the process',
  testRun(async () => {
    const names = ['constructor', '__proto__', 'prototype'];
    const env = names.map((name) => `"${name}": "${name}!"`).join(', ');
    // `printenv` fails for a variable that it does not know.
    const text = `jobs: { a: { run: [printenv, ${names.join(', ')}], env: { ${env} } } }`;
    let output = '';
    const log: Log = { ...keep, write: async (bytes) => (output += Buffer.from(bytes).toString()) };
    expect(await outcomesOf(text, () => log)).toEqual([['a', 'succeeded', undefined]]);
    expect(output.split('\n').slice(1, -1)).toEqual(names.map((name) => `${name}!`));
  }, realTime),
);
