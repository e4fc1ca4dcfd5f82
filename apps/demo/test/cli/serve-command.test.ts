import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { all, moveOnAfter, openNursery, sleep } from '@tercet/core';
import type { CompletedProcess } from '@tercet/proc';
import { daemonTest, environmentIn, until } from './daemon-process.ts';
import { callJobd, isRunning, writeJobFile } from './jobd-process.ts';

describe('jobs', () => {
  it(
    'are submitted, listed, tailed and cancelled, by Unix socket and by TCP',
    daemonTest({}, async ({ jobd, tcp }, folder) => {
      const path = writeJobFile(folder, {
        jobs: {
          talk: { run: 'echo one; until [ -e go ]; do sleep 0.01; done; echo two' },
          hang: { run: 'sleep 60' },
          after: { run: 'true', needs: ['hang'] },
        },
      });
      const submitted = await jobd(['submit', path]);
      expect([submitted.exitCode, submitted.stdoutText]).toEqual([0, '1/talk\n1/hang\n1/after\n']);

      let tailed: CompletedProcess | undefined;
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          tailed = await callJobd(['tail', '--address', tcp, '1/talk'], { env: environmentIn(folder) });
        });
        await sleep(300);
        writeFileSync(join(folder, 'go'), '');
      });
      expect([tailed?.exitCode, tailed?.stdoutText]).toEqual([0, 'one\ntwo\n']);

      expect((await jobd(['cancel', '1/hang'])).exitCode).toBe(0);
      await jobd(['tail', '1/after']);
      const { stdoutText } = await jobd(['list', '--json', '1']);
      const jobs = JSON.parse(stdoutText) as Record<string, unknown>[];
      expect(jobs.map(({ job, status, reason }) => [job, status, reason])).toEqual([
        ['1/talk', 'succeeded', undefined],
        ['1/hang', 'cancelled', 'cancelled by a client'],
        ['1/after', 'skipped', 'needs hang'],
      ]);
      expect((await jobd(['list'])).stdoutText).toContain('│ 1/talk  │ succeeded │');
    }),
  );

  it(
    'that are waited for show their output, and report their outcome by the exit code',
    daemonTest({}, async ({ jobd }, folder) => {
      const good = writeJobFile(folder, { jobs: { a: { run: 'echo hello' } } }, 'good.json');
      const bad = writeJobFile(folder, { jobs: { a: { run: 'echo hello; exit 4' } } }, 'bad.json');
      const [one, two] = await all([() => jobd(['submit', '-w', good]), () => jobd(['submit', '-w', bad])]);
      expect([one.exitCode, one.stdoutText.slice(1)]).toEqual([0, '/a | hello\n']);
      expect([two.exitCode, two.stderrText.slice(7)]).toEqual([1, '/a failed: exit code 4\n']);
    }),
  );

  it(
    'that are wrong are refused with the place, and the daemon goes on',
    daemonTest({}, async ({ jobd }, folder) => {
      const path = writeJobFile(folder, { jobs: { a: { run: 'x', needs: ['b'] } } });
      const { exitCode, stderrText } = await jobd(['submit', path]);
      expect(exitCode).toBe(1);
      expect(stderrText).toContain(`jobd: ${path}:6:9: job "a" needs "b"`);
      expect((await jobd(['list'])).exitCode).toBe(0);
    }),
  );

  it(
    'have each line of the log marked with their connection, run and name',
    daemonTest({}, async ({ jobd, log }, folder) => {
      await jobd(['list']);
      await jobd(['submit', '-w', writeJobFile(folder, { jobs: { a: { run: 'true' } } })]);
      const lines = log().filter(({ job }) => job === 'a');
      expect(lines.map(({ connection, run, msg }) => [connection, run, msg])).toEqual([
        [2, 1, 'started'],
        [2, 1, 'succeeded'],
      ]);
    }),
  );
});

describe('signals', () => {
  it(
    'SIGTERM lets running jobs end within the grace period, and begins no others',
    daemonTest({ grace: 20_000, concurrency: 1 }, async ({ jobd, process }, folder) => {
      const jobs = { first: { run: 'touch ready; sleep 0.5; touch done' }, second: { run: 'touch must-not-be' } };
      await jobd(['submit', writeJobFile(folder, { jobs })]);
      await until(() => existsSync(join(folder, 'ready')));
      process.terminate();
      await process.wait();
      expect([existsSync(join(folder, 'done')), existsSync(join(folder, 'must-not-be'))]).toEqual([true, false]);
    }),
  );

  it(
    'SIGTERM ends what is left after the grace period, with all that it has started',
    daemonTest({ grace: 200 }, async ({ jobd, process }, folder) => {
      const jobs = { a: { run: 'sleep 60 & echo $! > child; echo $$ > parent; wait' } };
      await jobd(['submit', writeJobFile(folder, { jobs })]);
      await until(() => existsSync(join(folder, 'parent')) && readFileSync(join(folder, 'parent'), 'utf8') !== '');
      process.terminate();
      await process.wait();
      const pids = ['child', 'parent'].map((name) => Number(readFileSync(join(folder, name), 'utf8')));
      expect(pids.map(isRunning)).toEqual([false, false]);
    }),
  );

  it(
    'a second SIGTERM does not wait for the grace period',
    daemonTest(
      { grace: 60_000 },
      async ({ jobd, process, log }, folder) => {
        await jobd(['submit', writeJobFile(folder, { jobs: { a: { run: 'echo $$ > parent; sleep 60' } } })]);
        await until(() => existsSync(join(folder, 'parent')) && readFileSync(join(folder, 'parent'), 'utf8') !== '');
        process.terminate();
        await until(() => log().some(({ msg }) => msg === 'stopping'));
        // Signals that come within half a second are one, as when a terminal sends it to a program and to its parent.
        for (let code: unknown; code === undefined;) {
          await sleep(1_000);
          process.terminate();
          code = await moveOnAfter(1_000, () => process.wait());
        }
        expect(isRunning(Number(readFileSync(join(folder, 'parent'), 'utf8')))).toBe(false);
      },
      143,
    ),
  );

  it(
    'SIGHUP reads the configuration again; a bad one is refused, and the old one stays',
    daemonTest({ concurrency: 1 }, async ({ jobd, process, log }, folder) => {
      const path = join(folder, 'jobd.json');
      writeFileSync(path, '{"concurrency": 0}');
      process.sendSignal('SIGHUP');
      await until(() => log().some(({ msg }) => String(msg).includes('refused')));
      writeFileSync(path, JSON.stringify({ listen: { unix: 'jobd.sock' }, concurrency: 2, grace: 200 }));
      process.sendSignal('SIGHUP');
      await until(() => log().some(({ msg }) => msg === 'the configuration was read again'));
      // Two that wait for each other can only end when they run at the same time.
      const meet = (mine: string, other: string): object => ({
        run: `touch ${mine}; until [ -e ${other} ]; do sleep 0.01; done`,
      });
      const jobs = { a: meet('a', 'b'), b: meet('b', 'a') };
      expect((await jobd(['submit', '-w', writeJobFile(folder, { jobs })])).exitCode).toBe(0);
    }),
  );
});
