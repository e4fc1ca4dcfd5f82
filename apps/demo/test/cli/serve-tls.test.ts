import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { CompletedProcess } from '@tercet/proc';
import { certificate, daemonTest, until } from './daemon-process.ts';
import { callJobd, programTest, writeJobFile } from './jobd-process.ts';

const files = { port: 0, cert: certificate('server.crt'), key: certificate('server.key') };
const clients = certificate('authority.crt');

function withEnvironment(
  args: readonly string[],
  address: string,
  own?: string,
  folder?: string,
): Promise<CompletedProcess> {
  const shown = own === undefined ? {} : { JOBD_CERT: certificate(`${own}.crt`), JOBD_KEY: certificate(`${own}.key`) };
  const home = folder === undefined ? {} : { HOME: folder };
  const env = { ...process.env, ...home, JOBD_ADDRESS: address, JOBD_CA: certificate('authority.crt'), ...shown };
  return callJobd(args, { env });
}

describe('over TLS', () => {
  it(
    'jobs are submitted, listed, cancelled and tailed by clients with a certificate',
    daemonTest({ listen: { tls: { ...files, clients } } }, async ({ tls }, folder) => {
      const path = writeJobFile(folder, { jobs: { a: { run: 'echo hello' }, hang: { run: 'sleep 60' } } });
      const submitted = await withEnvironment(['submit', path, 'hang'], tls, 'client');
      expect([submitted.stdoutText, submitted.stderrText]).toEqual(['1/hang\n', '']);
      expect((await withEnvironment(['cancel', '1/hang'], tls, 'client')).exitCode).toBe(0);
      const tailed = await withEnvironment(['tail', '1/hang'], tls, 'client');
      expect([tailed.exitCode, tailed.stderrText]).toEqual([1, 'jobd: 1/hang cancelled: cancelled by a client\n']);
      const waited = await withEnvironment(['submit', '-w', path, 'a'], tls, 'client');
      expect([waited.exitCode, waited.stdoutText]).toEqual([0, '2/a | hello\n']);
      const options = ['--ca', clients, '--cert', certificate('client.crt'), '--key', certificate('client.key')];
      const listed = await callJobd(['list', '--json', '--address', tls, ...options, '2']);
      expect(JSON.parse(listed.stdoutText)).toMatchObject([{ job: '2/a', status: 'succeeded' }]);
    }),
  );

  it(
    'clients without a certificate, or with a strange one, are refused; the others are served on',
    daemonTest({ listen: { tls: { ...files, clients } } }, async ({ jobd, tls }) => {
      for (const own of [undefined, 'stranger']) {
        const { exitCode, stdoutText, stderrText } = await withEnvironment(['list'], tls, own);
        expect([exitCode, stdoutText]).toEqual([1, '']);
        expect(stderrText).toMatch(/^jobd: the connection to the daemon is lost: /);
      }
      expect((await jobd(['list'])).exitCode).toBe(0);
    }),
  );

  it(
    'clients need a token but no certificate if none is asked for, and they verify the certificate of the daemon',
    daemonTest({ listen: { tls: files } }, async ({ tls }, folder) => {
      expect((await withEnvironment(['list'], tls, undefined, folder)).exitCode).toBe(0);
      const { exitCode, stderrText } = await callJobd(['list', '--address', tls]);
      expect(exitCode).toBe(1);
      expect(stderrText).toMatch(/^jobd: there is no daemon at tls:.*certificate/);
    }),
  );

  it(
    'who does not do the handshake, or does not speak TLS, is dropped',
    daemonTest({ listen: { tls: files }, limits: { write: 300 } }, async ({ tls, log }) => {
      const port = Number(new URL(tls).port);
      const ended: string[] = [];
      for (const text of ['', '{"jobd":1,"id":"1","op":"list"}\n']) {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.on('close', () => ended.push(text));
        socket.resume();
        socket.write(text);
      }
      await until(() => ended.length === 2);
      const lost = (): string[] =>
        log().flatMap(({ msg, reason }) => (msg === 'the connection is lost' ? [String(reason)] : []));
      await until(() => lost().length === 2);
      expect(lost().some((reason) => /handshake within 300 ms/.test(reason))).toBe(true);
    }),
  );

  it(
    'files that are not certificates end jobd with 2, and it says which',
    programTest(async (folder) => {
      const path = join(folder, 'jobd.json');
      const serve = async (tls: object): Promise<CompletedProcess> => {
        writeFileSync(path, JSON.stringify({ listen: { tls: { ...files, ...tls } } }));
        return callJobd(['serve', path]);
      };
      const missing = await serve({ cert: 'none.crt' });
      expect([missing.exitCode, missing.stderrText]).toEqual([2, expect.stringMatching(/^jobd: .*none\.crt.*ENOENT/)]);
      const wrong = await serve({ key: path });
      expect([wrong.exitCode, wrong.stderrText]).toEqual([
        2,
        expect.stringContaining(`${path} is not a file with a private`),
      ]);
    }),
  );
});
