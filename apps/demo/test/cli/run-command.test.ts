import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openNursery, sleep } from '@tercet/core';
import { runProcess, type CompletedProcess, type Process } from '@tercet/proc';
import { callJobd, isRunning, program, programTest, writeJobFile } from './jobd-process.ts';

const shownFailure = { times: 1, delay: 10 };

describe('jobs', () => {
  it(
    'run in the order of their needs, and jobd ends with 0 when all have succeeded',
    programTest(async (folder) => {
      const jobs = {
        third: { run: 'cat "$JOBD_SCRATCH/two" > result', needs: ['second'] },
        second: {
          run: 'cat "$JOBD_SCRATCH/one" > "$JOBD_SCRATCH/two"; echo two >> "$JOBD_SCRATCH/two"',
          needs: ['first'],
        },
        first: { run: 'echo one > "$JOBD_SCRATCH/one"' },
      };
      const { exitCode, stdoutText, stderrText } = await callJobd(['run', writeJobFile(folder, { jobs })]);
      expect([exitCode, stderrText]).toEqual([0, '']);
      expect(stdoutText).toContain('3 jobs in ');
      expect(stdoutText).toContain(': 3 succeeded\n');
      expect(readFileSync(join(folder, 'result'), 'utf8')).toBe('one\ntwo\n');
    }),
  );

  it(
    'that fail make it end with 1, and their reasons are in the table',
    programTest(async (folder) => {
      const jobs = {
        code: { run: 'exit 3' },
        signal: { run: 'kill -KILL $$' },
        missing: { run: ['no-such-program'] },
        'middle-line': { run: 'false\ntrue' },
        after: { run: 'true', needs: ['code'] },
        fine: { run: 'true' },
      };
      const { exitCode, stdoutText } = await callJobd(['run', writeJobFile(folder, { jobs })]);
      expect(exitCode).toBe(1);
      expect(stdoutText).toMatch(/│ code +│ failed +│ +1 │ .* │ exit code 3 /);
      expect(stdoutText).toMatch(/│ signal +│ failed .* ended by SIGKILL /);
      expect(stdoutText).toMatch(/│ missing +│ failed .*no-such-program/);
      expect(stdoutText).toMatch(/│ middle-line +│ failed .* exit code 1 /);
      expect(stdoutText).toMatch(/│ after +│ skipped .* needs code /);
      expect(stdoutText).toContain('1 succeeded, 4 failed, 1 skipped\n');
    }),
  );

  it(
    'that hang are ended by their time limit with all they have started, and tried again',
    programTest(async (folder) => {
      const run = 'if [ "$JOBD_ATTEMPT" = 2 ]; then echo done; exit; fi; sleep 60 & echo $! > child; sleep 60';
      const jobs = { slow: { run, timeout: 500, retry: shownFailure } };
      const { exitCode, stdoutText } = await callJobd(['run', writeJobFile(folder, { jobs })]);
      expect(exitCode).toBe(0);
      expect(stdoutText).toContain('slow: took longer than 500 ms; tried again in 10 ms\n');
      expect(isRunning(Number(readFileSync(join(folder, 'child'), 'utf8')))).toBe(false);
    }),
  );

  it(
    'leave nothing running behind when they end by themselves',
    programTest(async (folder) => {
      const jobs = { careless: { run: 'sleep 60 & echo $! > child' } };
      const { exitCode } = await callJobd(['run', writeJobFile(folder, { jobs })]);
      expect(exitCode).toBe(0);
      expect(isRunning(Number(readFileSync(join(folder, 'child'), 'utf8')))).toBe(false);
    }),
  );

  it(
    'get the environment of the file and their own, and their folder',
    programTest(async (folder) => {
      const file = {
        cwd: '..',
        env: { A: 'file', B: 'file' },
        jobs: { show: { run: 'echo "$A $B $JOBD_JOB $JOBD_ATTEMPT $(pwd -P)"', cwd: '.', env: { B: 'job' } } },
      };
      const { stdoutText } = await callJobd(['run', writeJobFile(folder, file)]);
      const parent = execFileSync('sh', ['-c', 'cd .. && pwd -P'], { cwd: folder, encoding: 'utf8' });
      expect(stdoutText).toContain(`show | file job show 1 ${parent}`);
    }),
  );

  it(
    'may be chosen, and bring those they need',
    programTest(async (folder) => {
      const jobs = { a: { run: 'true' }, b: { run: 'true', needs: ['a'] }, c: { run: 'true' } };
      const { stdoutText } = await callJobd(['run', '--json', writeJobFile(folder, { jobs }), 'b']);
      expect(summaryOf(stdoutText).jobs.map(({ job }) => job)).toEqual(['a', 'b']);
    }),
  );

  it(
    'are limited in number by -j',
    programTest(async (folder) => {
      const run = 'if [ -e lock ]; then exit 1; fi; touch lock; sleep 0.05; rm lock';
      const jobs = { a: { run }, b: { run }, c: { run } };
      const { exitCode } = await callJobd(['run', '-j', '1', writeJobFile(folder, { jobs })]);
      expect(exitCode).toBe(0);
    }),
  );
});

describe('logs', () => {
  it(
    'hold the output of every attempt, byte for byte, beside the job file',
    programTest(async (folder) => {
      const run = 'printf "\\377 no text\\n"; echo to stderr >&2; printf "no newline"; exit 1';
      await callJobd(['run', writeJobFile(folder, { jobs: { a: { run, retry: shownFailure } } })]);
      const log = readFileSync(join(folder, '.jobd/jobs/a.log'), 'latin1');
      const attempts = log.split(/--- attempt \d, .*\n/);
      expect(attempts).toEqual(['', '\xFF no text\nto stderr\nno newline', '\xFF no text\nto stderr\nno newline']);
    }),
  );

  it(
    'hold what a job says when its time is up',
    programTest(async (folder) => {
      const run = 'trap "echo good bye; exit" TERM; echo hello; sleep 60 & wait';
      await callJobd(['run', writeJobFile(folder, { jobs: { a: { run, timeout: 500 } } })]);
      expect(readFileSync(join(folder, '.jobd/jobs/a.log'), 'utf8')).toMatch(/\nhello\ngood bye\n$/);
    }),
  );

  it(
    'go where --logs says, and those of an earlier run are gone',
    programTest(async (folder) => {
      const path = writeJobFile(folder, {
        jobs: { a: { run: 'echo first; exit 1' }, b: { run: 'echo b', needs: ['a'] } },
      });
      const logs = join(folder, 'deep/logs');
      await callJobd(['run', '--logs', logs, path]);
      writeFileSync(join(logs, 'b.log'), 'old');
      writeFileSync(join(logs, 'other.log'), 'somebody else');
      await callJobd(['run', '--logs', logs, path]);
      expect(readdirSync(logs).sort()).toEqual(['a.log', 'other.log']);
      expect(readFileSync(join(logs, 'a.log'), 'utf8').match(/first/g)).toHaveLength(1);
    }),
  );
});

describe('bad usage', () => {
  it.each([
    ['no such file', ['run', 'missing.yaml'], /^jobd: the job file cannot be read: .*missing\.yaml/],
    ['no such job', ['run', 'jobs.json', 'c'], /^jobd: there is no job "c" in jobs\.json; its jobs are a, b\n$/],
    ['no command', ['walk'], /^error: unknown command 'walk'/],
    ['no file', ['run'], /^error: missing required argument 'file'/],
    [
      'a number that is none',
      ['run', '-j', 'x', 'jobs.json'],
      /'-j.*argument 'x' is invalid. It must be a whole number/,
    ],
    ['an unknown option', ['run', '--fast', 'jobs.json'], /^error: unknown option '--fast'/],
  ])('%s ends jobd with 2, and says so', (_, args, text) =>
    programTest(async (folder) => {
      writeJobFile(folder, { jobs: { a: { run: 'true' }, b: { run: 'true' } } });
      const { exitCode, stdoutText, stderrText } = await callJobd(args, { cwd: folder });
      expect([exitCode, stdoutText]).toEqual([2, '']);
      expect(stderrText).toMatch(text);
    })(),
  );

  it.each([
    [
      'a syntax error',
      'jobs.yaml',
      'jobs:\n\ta: 1',
      'jobs.yaml:2:1: syntax error: Tabs are not allowed as indentation\n',
    ],
    ['a syntax error in JSON', 'jobs.json', '{"jobs": 1', 'jobs.json:1:11: syntax error: close brace expected\n'],
    ['a wrong value', 'jobs.yaml', 'jobs: {a: {run: 1}}', 'jobs.yaml:1:17: jobs.a.run must be a line for the shell'],
    ['a cycle', 'jobs.yaml', 'jobs: {a: {run: x, needs: [a]}}', 'jobs.yaml:1:28: these jobs wait for each other'],
    ['an unknown need', 'jobs.yaml', 'jobs: {a: {run: x, needs: [b]}}', 'jobs.yaml:1:28: job "a" needs "b"'],
    ['a duplicate', 'jobs.yaml', 'jobs:\n  a: {run: x}\n  a: {run: x}', 'jobs.yaml:3:3: "a" is given twice'],
  ])('a job file with %s is refused at its place, and nothing has run', (_, name, text, problem) =>
    programTest(async (folder) => {
      writeFileSync(join(folder, name), text);
      const { exitCode, stdoutText, stderrText } = await callJobd(['run', name], { cwd: folder });
      expect([exitCode, stdoutText]).toEqual([2, '']);
      expect(stderrText.startsWith(problem)).toBe(true);
      expect(readdirSync(folder)).toEqual([name]);
    })(),
  );

  it(
    '--help is not bad usage',
    programTest(async () => {
      const { exitCode, stdoutText } = await callJobd(['--help']);
      expect([exitCode, stdoutText.split('\n')[0]]).toEqual([0, 'Usage: jobd [options] [command]']);
    }),
  );
});

describe('interruption', () => {
  const jobs = {
    // Ignores the polite signal, and has a child of its own.
    stubborn: {
      run: 'trap "echo not yet" TERM; sleep 60 & echo $! > child; echo $$ > parent; touch ready; wait; wait',
      grace: 300,
    },
    later: { run: 'touch must-not-be', needs: ['stubborn'] },
  };

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends all jobs, and jobd with %d', (signal, expected) =>
    programTest(async (folder) => {
      const { exitCode, stdoutText } = await interrupted(folder, jobs, (jobd) => jobd.sendSignal(signal));
      expect(exitCode).toBe(expected);
      expect(stdoutText).toMatch(new RegExp(`│ stubborn +│ cancelled .* ${signal} `));
      expect(stdoutText).toMatch(new RegExp(`│ later +│ cancelled .* ${signal} `));
      expect(['child', 'parent'].map((name) => isRunning(Number(readFileSync(join(folder, name), 'utf8'))))).toEqual([
        false,
        false,
      ]);
      expect(existsSync(join(folder, 'must-not-be'))).toBe(false);
      expect(existsSync(readFileSync(join(folder, 'scratch'), 'utf8').trim())).toBe(false);
    })(),
  );
});

it(
  'jobs end when the output of jobd is no longer read',
  programTest(async (folder) => {
    const jobs = { chatty: { run: 'echo $$ > parent; while :; do echo again; sleep 0.01; done' } };
    const path = writeJobFile(folder, { jobs });
    const line = `{ "$0" "$1" run "$2"; echo $? > code; } | head -n 1`;
    const { stdoutText, stderrText } = await runProcess('sh', ['-c', line, process.execPath, program, path], {
      captureStdout: true,
      captureStderr: true,
      cwd: folder,
    });
    expect([stdoutText, stderrText]).toEqual(['chatty: started\n', '']);
    expect(readFileSync(join(folder, 'code'), 'utf8')).toBe('141\n');
    expect(isRunning(Number(readFileSync(join(folder, 'parent'), 'utf8')))).toBe(false);
  }),
);

/** Starts jobd, acts as soon as the file `ready` is there, and waits for its end. */
async function interrupted(
  folder: string,
  jobs: Readonly<Record<string, object>>,
  act: (jobd: Process) => void,
): Promise<CompletedProcess> {
  let result: CompletedProcess | undefined;
  const path = writeJobFile(folder, { jobs: { ...jobs, note: { run: 'echo "$JOBD_SCRATCH" > scratch' } } });
  await openNursery(async (nursery) => {
    const jobd = await nursery.start<Process>(async (taskStatus) => {
      result = await callJobd(['run', path], { taskStatus });
    });
    while (!existsSync(join(folder, 'ready')) || !existsSync(join(folder, 'scratch'))) await sleep(10);
    act(jobd);
  });
  if (result === undefined) throw new Error('jobd has not ended');
  return result;
}

function summaryOf(output: string): { jobs: { job: string }[] } {
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as { jobs: { job: string }[] };
}
