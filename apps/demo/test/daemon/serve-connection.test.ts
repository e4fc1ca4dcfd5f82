import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { daemonTest, RawClient, until } from '../cli/daemon-process.ts';
import { callJobd, programTest, writeJobFile } from '../cli/jobd-process.ts';

describe('clients', () => {
  it(
    'that send bad requests get an error for each, and are served on',
    daemonTest({ limits: { line: 200 } }, async ({ socket }) => {
      using client = new RawClient(socket, `${'x'.repeat(1_000)}\n{"jobd":1,"id":"1","op":"fly"}\n`);
      client.send('{"jobd":1,"id":"2","op":"list"}\n');
      await until(() => client.answers().length === 3);
      const codes = client.answers().map(({ id, error }) => [id, (error as { code: string } | undefined)?.code]);
      expect(codes).toEqual(
        expect.arrayContaining([
          [undefined, 'line-too-long'],
          ['1', 'bad-request'],
          ['2', undefined],
        ]),
      );
      expect(client.ended).toBe(false);
    }),
  );

  it.each(['nonsense', '', '[]', '7', 'POST / HTTP/1.1\r\nHost: 127.0.0.1:7070\r\n\r'])(
    'R-2: that do not speak the protocol are cut off, and what they say next is not done: %j',
    (line) =>
      daemonTest({}, async ({ socket, jobd }, folder) => {
        const text = JSON.stringify({ jobs: { a: { run: 'touch must-not-be' } } });
        const submit = { jobd: 1, id: 's', op: 'submit', path: join(folder, 'jobs.json'), text };
        using client = new RawClient(socket, `${line}\n${JSON.stringify(submit)}\n`);
        await until(() => client.ended);
        expect((await jobd(['list', '--json'])).stdoutText).toBe('[]\n');
      })(),
  );

  it(
    'R-11: get an error for a file that is nested too deeply, in JSON and in YAML, and are served on',
    daemonTest({}, async ({ socket }) => {
      using client = new RawClient(socket, '');
      const nested = '['.repeat(100_000) + ']'.repeat(100_000);
      for (const path of ['/jobs.json', '/jobs.yaml']) {
        client.send(`${JSON.stringify({ jobd: 1, id: path, op: 'submit', path, text: nested })}\n`);
      }
      await until(() => client.answers().length === 2);
      expect(client.answers().map(({ error }) => (error as { code: string }).code)).toEqual([
        'bad-job-file',
        'bad-job-file',
      ]);
      expect(client.ended).toBe(false);
    }),
  );

  it(
    'that never send anything are dropped; one that tails may be silent',
    daemonTest({ limits: { idle: 3_000 } }, async ({ jobd, socket }, folder) => {
      await jobd(['submit', writeJobFile(folder, { jobs: { a: { run: 'sleep 60' } } })]);
      using tailing = new RawClient(socket, '{"jobd":1,"id":"1","op":"tail","job":"1/a"}\n');
      // One after the other: when the second one is dropped, more time has passed than a silent client has.
      for (let n = 0; n < 2; n++) {
        using silent = new RawClient(socket, '');
        await until(() => silent.ended);
      }
      expect(tailing.ended).toBe(false);
    }),
  );

  it(
    'that read slowly miss lines, and learn how many; the job does not wait for them',
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
    'report that no daemon listens',
    programTest(async (folder) => {
      const { exitCode, stderrText } = await callJobd(['list', '--address', join(folder, 'none.sock')]);
      expect(exitCode).toBe(1);
      expect(stderrText).toMatch(/^jobd: there is no daemon at .*none\.sock: .*ENOENT/);
    }),
  );
});
