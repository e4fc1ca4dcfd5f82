import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { all, openNursery, sleep } from '@tercet/core';
import type { CompletedProcess, Process } from '@tercet/proc';
import { daemonTest, RawClient, until } from './daemon-process.ts';
import { callJobd, isRunning, programTest, writeJobFile } from './jobd-process.ts';

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
          tailed = await callJobd(['tail', '--address', tcp, '1/talk']);
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
    'that are waited for show what they write, and tell by the exit code how it went',
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

describe('clients', () => {
  it(
    'that send nonsense get an error for each line, and are served on',
    daemonTest({ limits: { line: 200 } }, async ({ socket }) => {
      using client = new RawClient(socket, `nonsense\n${'x'.repeat(1_000)}\n{"jobd":1,"id":"1","op":"fly"}\n`);
      client.send('{"jobd":1,"id":"2","op":"list"}\n');
      await until(() => client.answers().length === 4);
      const codes = client.answers().map(({ id, error }) => [id, (error as { code: string } | undefined)?.code]);
      expect(codes).toEqual(
        expect.arrayContaining([
          [undefined, 'not-json'],
          [undefined, 'line-too-long'],
          ['1', 'bad-request'],
          ['2', undefined],
        ]),
      );
      expect(client.ended).toBe(false);
    }),
  );

  it(
    'that never send anything are dropped; one that tails may be silent',
    daemonTest({ limits: { idle: 300 } }, async ({ jobd, socket }, folder) => {
      await jobd(['submit', writeJobFile(folder, { jobs: { a: { run: 'sleep 60' } } })]);
      using silent = new RawClient(socket, '');
      using tailing = new RawClient(socket, '{"jobd":1,"id":"1","op":"tail","job":"1/a"}\n');
      await until(() => silent.ended);
      await sleep(300);
      expect(tailing.ended).toBe(false);
    }),
  );

  it(
    'that read slowly lose lines, and are told how many; the job does not wait for them',
    daemonTest({ limits: { tail: 10 } }, async ({ jobd, socket }, folder) => {
      const print = 'for (let i = 0; i < 200000; i++) console.log("line", i)';
      const run = `until [ -e go ]; do sleep 0.01; done; node -e '${print}'`;
      await jobd(['submit', writeJobFile(folder, { jobs: { a: { run } } })]);
      using client = new RawClient(socket, '{"jobd":1,"id":"1","op":"tail","job":"1/a"}\n');
      await until(() => client.isOpen);
      client.pause();
      writeFileSync(join(folder, 'go'), '');
      // Another one reads on, to the end of the job.
      expect((await jobd(['tail', '1/a'])).exitCode).toBe(0);
      expect(readFileSync(join(folder, 'logs/1/a.log'), 'utf8').split('\n').at(-2)).toBe('line 199999');
      client.resume();
      await until(() => client.answers().some(({ result }) => result !== undefined));
      const events = client.answers().map(({ event }) => event as { line?: string; missed?: number } | undefined);
      const lines = events.filter((event) => event?.line !== undefined).length;
      const missed = events.reduce((sum, event) => sum + (event?.missed ?? 0), 0);
      expect(missed).toBeGreaterThan(0);
      expect(lines + missed).toBe(200_000);
    }),
  );

  it(
    'that ask and never read are dropped',
    daemonTest({ limits: { write: 300 } }, async ({ jobd, socket, log }, folder) => {
      const names = Array.from({ length: 50 }, (_, n) => [`job-${n}`, { run: 'true' }]);
      await jobd(['submit', writeJobFile(folder, { jobs: Object.fromEntries(names) as object })]);
      using client = new RawClient(socket, '');
      client.pause();
      client.send('{"jobd":1,"id":"1","op":"list"}\n'.repeat(5_000));
      await until(() => log().some(({ msg }) => msg === 'the connection is lost'));
      const reason = log().find(({ msg }) => msg === 'the connection is lost')?.['reason'];
      expect(reason).toMatch(/has not read for 300 ms/);
      expect((await jobd(['list'])).exitCode).toBe(0);
    }),
  );

  it(
    'that find nobody are told so',
    programTest(async (folder) => {
      const { exitCode, stderrText } = await callJobd(['list', '--address', join(folder, 'none.sock')]);
      expect(exitCode).toBe(1);
      expect(stderrText).toMatch(/^jobd: there is no daemon at .*none\.sock: .*ENOENT/);
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
        process.terminate();
        await process.wait();
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

  it(
    'after SIGKILL it starts again at the same place, and keeps the old logs',
    programTest(async (folder) => {
      const path = join(folder, 'jobd.json');
      writeFileSync(path, JSON.stringify({ listen: { unix: 'jobd.sock' }, grace: 200 }));
      const file = writeJobFile(folder, { jobs: { a: { run: 'echo "$JOBD_JOB"' } } });
      for (const run of [1, 2]) {
        await openNursery(async (nursery) => {
          const daemon = await nursery.start<Process>((taskStatus) => callJobd(['serve', path], { taskStatus }));
          const address = ['--address', join(folder, 'jobd.sock')];
          let submitted: CompletedProcess;
          do submitted = await callJobd(['submit', '-w', ...address, file]);
          while (submitted.stderrText.includes('there is no daemon'));
          expect(submitted.stdoutText).toBe(`${run}/a | a\n`);
          daemon.kill();
        });
      }
      expect(readFileSync(join(folder, 'logs/1/a.log'), 'utf8')).toMatch(/\na\n$/);
    }),
  );
});
