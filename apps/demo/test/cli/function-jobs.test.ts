import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openNursery, sleep } from '@tercet/core';
import { runProcess, type CompletedProcess, type Process } from '@tercet/proc';
import { callJobd, isRunning, program, programTest, writeJobFile } from './jobd-process.ts';

const modules = `
  import { writeFileSync } from 'node:fs';
  export default function () { console.log('the default export'); }
  export async function greet(name, times, loudly) {
    console.log('hello '.repeat(times) + name + (loudly ? '!' : ''));
    process.stderr.write('in ' + process.cwd().split('/').pop() + ' as ' + process.env.JOBD_JOB + process.env.JOBD_ATTEMPT + '\\n');
  }
  export function fail() { console.log('before'); throw new RangeError('too far'); }
  export function exit() { process.exit(3); }
  export async function fails(once) {
    if (process.env.JOBD_ATTEMPT === '1') throw new Error('not yet');
    console.log('now');
  }
  export function spin() { writeFileSync('pid', String(process.pid)); for (;;); }
  export const notAFunction = 1;
`;

function write(folder: string): void {
  writeFileSync(join(folder, 'jobs.mjs'), modules);
}

function logOf(folder: string, job: string): string {
  return readFileSync(join(folder, `.jobd/jobs/${job}.log`), 'utf8');
}

describe('a job that is a function', () => {
  it(
    'runs in a worker, with its arguments, environment and folder, and its output goes to its log',
    programTest(async (folder) => {
      write(folder);
      const jobs = {
        usual: { run: { module: 'jobs.mjs' } },
        greeting: { run: { module: 'jobs.mjs', function: 'greet', args: ['Ada', 2, true] }, needs: ['usual'] },
      };
      const { exitCode, stdoutText, stderrText } = await callJobd(['run', writeJobFile(folder, { jobs })]);
      expect([exitCode, stderrText]).toEqual([0, '']);
      expect(stdoutText).toContain('greeting | hello hello Ada!\n');
      expect(logOf(folder, 'usual')).toMatch(/^--- attempt 1.*\nthe default export\n$/);
      const name = folder.split('/').pop();
      expect(logOf(folder, 'greeting')).toMatch(
        new RegExp(`^--- attempt 1.*\\nhello hello Ada!\\nin ${name} as greeting1\\n$`),
      );
    }),
  );

  it(
    'fails with what it throws, or when its process ends; the stack is in its log',
    programTest(async (folder) => {
      write(folder);
      const jobOf = (name: string): object => ({ run: { module: 'jobs.mjs', function: name } });
      const jobs = {
        thrown: jobOf('fail'),
        exited: jobOf('exit'),
        missing: jobOf('nope'),
        value: jobOf('notAFunction'),
        module: { run: { module: 'none.mjs' } },
        'no-folder': { ...jobOf('greet'), cwd: 'none' },
        retried: { ...jobOf('fails'), retry: { times: 1, delay: 10 } },
      };
      const { exitCode, stdoutText } = await callJobd(['run', writeJobFile(folder, { jobs })]);
      expect(exitCode).toBe(1);
      expect(stdoutText).toMatch(/│ thrown +│ failed .* RangeError: too far /);
      expect(stdoutText).toMatch(/│ exited +│ failed .* exit code 3 before the function had returned /);
      expect(stdoutText).toMatch(/│ missing +│ failed .* exports no function nope/);
      expect(stdoutText).toMatch(/│ value +│ failed .* exports no function notAFunction/);
      expect(stdoutText).toMatch(/│ module +│ failed .*none\.mjs/);
      expect(stdoutText).toMatch(/│ no-folder +│ failed .*ENOENT/);
      expect(stdoutText).toMatch(/│ retried +│ succeeded │ +2 │/);
      expect(logOf(folder, 'thrown')).toMatch(/before\nRangeError: too far\n +at fail \(.*jobs\.mjs/);
    }),
  );

  it(
    'is ended with jobd, also when it does not listen',
    programTest(async (folder) => {
      write(folder);
      const jobs = { busy: { run: { module: 'jobs.mjs', function: 'spin' }, grace: 50 } };
      const pidFile = join(folder, 'pid');
      let ended: CompletedProcess | undefined;
      await openNursery(async (nursery) => {
        const jobd = await nursery.start<Process>(async (taskStatus) => {
          const args = [program, 'run', writeJobFile(folder, { jobs })];
          ended = await runProcess(process.execPath, args, { captureStdout: true, check: false, taskStatus });
        });
        while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') await sleep(20);
        jobd.sendSignal('SIGINT');
      });
      expect(ended?.exitCode).toBe(130);
      expect(ended?.stdoutText).toMatch(/│ busy +│ cancelled .* SIGINT /);
      expect(isRunning(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
    }),
  );

  it(
    'that is wrong is refused with the keys that it may have',
    programTest(async (folder) => {
      const jobs = { a: { run: { modul: 'x.mjs', args: [[]] } } };
      const { exitCode, stderrText } = await callJobd(['run', writeJobFile(folder, { jobs })]);
      expect(exitCode).toBe(2);
      expect(stderrText).toMatch(/unknown key "modul" in jobs\.a\.run; known are module, function, args/);
      expect(stderrText).toMatch(/jobs\.a\.run lacks the key "module"/);
      expect(stderrText).toMatch(/jobs\.a\.run\.args\.0 must be text, a number, true or false, not an empty list/);
    }),
  );
});
