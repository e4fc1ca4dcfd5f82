import { describe, expect, it } from '@jest/globals';
import { currentTime, moveOnAfter, sleep } from '@tercet/core';
import { testRun } from '@tercet/testing';
import type { Job } from '../../src/job-file/job-file.ts';
import { currentJob } from '../../src/logs/context.ts';
import type { Display } from '../../src/report/display.ts';
import { jsonDisplay } from '../../src/report/json-display.ts';
import { plainDisplay } from '../../src/report/plain-display.ts';
import { terminalDisplay } from '../../src/report/terminal-display.ts';
import { JobState } from '../../src/runner/job-state.ts';

class Screen {
  text = '';
  readonly isTTY = true;
  columns = 60;
  readonly rows = 24;
  write(text: string): boolean {
    this.text += text;
    return true;
  }
  hasColors(): boolean {
    return false;
  }
}

function stateOf(name: string): JobState {
  const retry = { times: 1, delay: 0, factor: 2, maxDelay: 0 };
  const job: Job = { name, command: [name], needs: [], timeout: Infinity, grace: 0, retry, env: {}, cwd: '/' };
  return new JobState(job);
}

/** Two jobs: one succeeds at its second attempt, the other one is skipped. */
async function showASmallRun(display: Display): Promise<void> {
  const [build, test] = [stateOf('build'), stateOf('test')];
  await currentJob.run('build', async () => {
    display.report({ kind: 'started', attempt: build.beginAttempt(), attempts: 2 });
    display.report({ kind: 'output', line: 'compiling' });
    await sleep(1_500);
    display.report({ kind: 'retrying', reason: 'exit code 2', delay: 100 });
    await sleep(100);
    display.report({ kind: 'started', attempt: build.beginAttempt(), attempts: 2 });
    build.end('succeeded');
    display.report({ kind: 'ended', state: build });
  });
  currentJob.run('test', () => {
    test.end('skipped', 'needs lint');
    display.report({ kind: 'ended', state: test });
  });
  display.summarize({ states: [build, test], duration: currentTime(), logs: '/logs' });
}

describe('lines', () => {
  it(
    'have the name of their job in front, and end with a table',
    testRun(async () => {
      const screen = new Screen();
      await showASmallRun(plainDisplay(screen));
      expect(screen.text.split('\n')).toEqual([
        'build: started',
        'build | compiling',
        'build: exit code 2; tried again in 100 ms',
        'build: started, attempt 2 of 2',
        'build: succeeded in 1.6 s',
        'test: skipped (needs lint)',
        '',
        '┌───────┬───────────┬──────────┬───────┬────────────┐',
        '│ job   │ result    │ attempts │  time │ why        │',
        '├───────┼───────────┼──────────┼───────┼────────────┤',
        '│ build │ succeeded │        2 │ 1.6 s │            │',
        '│ test  │ skipped   │        0 │       │ needs lint │',
        '└───────┴───────────┴──────────┴───────┴────────────┘',
        '2 jobs in 1.6 s: 1 succeeded, 1 skipped',
        'logs: /logs',
        '',
      ]);
    }),
  );
});

describe('JSON', () => {
  it(
    'has an object per line, and the summary in the last one',
    testRun(async () => {
      const screen = new Screen();
      await showASmallRun(jsonDisplay(screen));
      const objects = screen.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(objects.map(({ job, event }) => [job, event])).toEqual([
        ['build', 'started'],
        ['build', 'output'],
        ['build', 'retrying'],
        ['build', 'started'],
        ['build', 'ended'],
        ['test', 'ended'],
        [undefined, 'summary'],
      ]);
      expect(objects[1]).toEqual({ time: expect.any(String), job: 'build', event: 'output', line: 'compiling' });
      expect(objects.at(-1)).toMatchObject({
        logs: '/logs',
        duration: 1_600,
        jobs: [
          { job: 'build', status: 'succeeded', attempts: 2, duration: 1_600 },
          { job: 'test', status: 'skipped', reason: 'needs lint', attempts: 0 },
        ],
      });
    }),
  );
});

describe('a terminal', () => {
  const show = (screen: Screen): Display => terminalDisplay(screen as unknown as NodeJS.WriteStream);

  it(
    'shows a row per running job, and moves it',
    testRun(async () => {
      const screen = new Screen();
      screen.columns = 40;
      const display = show(screen);
      await currentJob.run('build', async () => {
        display.report({ kind: 'started', attempt: 1, attempts: 1 });
        display.report({ kind: 'output', line: `\u001B[31m${'long '.repeat(20)}` });
        await moveOnAfter(200, () => display.animate());
      });
      const rows = [...screen.text.matchAll(/\S build .*/g)].map(([row]) => row);
      expect(rows).toEqual([
        '⠋ build 0 ms  ',
        '⠋ build 0 ms  long long long long long ',
        '⠙ build 80 ms  long long long long long',
        '⠹ build 160 ms  long long long long lon',
      ]);
    }),
  );

  it(
    'keeps what has ended, and ends with the table',
    testRun(async () => {
      const screen = new Screen();
      await showASmallRun(show(screen));
      expect(screen.text).toContain('↻ build: exit code 2; tried again in 100 ms\n');
      expect(screen.text).toContain('✔ build 1.6 s\n');
      expect(screen.text).toContain('○ test skipped: needs lint\n');
      expect(screen.text).toMatch(/2 jobs in 1.6 s: 1 succeeded, 1 skipped\nlogs: \/logs\n$/);
    }),
  );
});
