import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { authentication, certificate, daemonTest, environmentIn, RawClient, until } from '../cli/daemon-process.ts';
import { callJobd, writeJobFile } from '../cli/jobd-process.ts';

const list = '{"jobd":1,"id":"l","op":"list"}\n';
const portOf = (address: string): number => Number(new URL(address).port);
const tokenFiles = (folder: string): string[] => {
  const tokens = join(folder, '.jobd/tokens');
  return readdirSync(tokens).map((name) => join(tokens, name));
};

function submission(folder: string): string {
  const text = JSON.stringify({ jobs: { a: { run: 'touch must-not-be' } } });
  return `${JSON.stringify({ jobd: 1, id: 's', op: 'submit', path: join(folder, 'jobs.json'), text })}\n`;
}

describe('at a port', () => {
  it(
    'R-2: a web page that posts a request runs nothing',
    daemonTest({}, async ({ tcp, jobd }, folder) => {
      const body = `\n${authentication(folder, tcp)}${submission(folder)}`;
      const url = `http://127.0.0.1:${portOf(tcp)}/`;
      const post = fetch(url, { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body });
      await expect(post).rejects.toThrow('fetch failed');
      expect((await jobd(['list', '--json'])).stdoutText).toBe('[]\n');
      expect(existsSync(join(folder, 'must-not-be'))).toBe(false);
    }),
  );

  it(
    'R-2: nothing is done for clients that do not show the token first',
    daemonTest({}, async ({ tcp, jobd }, folder) => {
      const wrong = '{"jobd":1,"id":"t","op":"authenticate","token":"guessed"}\n';
      const long = `{"jobd":1,"id":"t","op":"authenticate","token":"${'x'.repeat(5_000)}"}\n`;
      for (const first of ['', list, wrong, long, '{"jobd":1,"id":"t","op":"authenticate"}\n', 'GET / HTTP/1.1\r\n']) {
        using client = new RawClient(portOf(tcp), `${first}${submission(folder)}${authentication(folder, tcp)}`);
        await until(() => client.ended);
        const codes = client.answers().map(({ error }) => (error as { code?: string } | undefined)?.code);
        // The answer may be lost on its way, because the connection is closed with more in it.
        expect([[], ['unauthorized']]).toContainEqual(codes);
      }
      expect((await jobd(['list', '--json'])).stdoutText).toBe('[]\n');
    }),
  );

  it(
    'R-2: only the user of the daemon can read the token, and it is gone with the daemon',
    daemonTest({}, async ({ tcp, process }, folder) => {
      const [file = '', ...others] = tokenFiles(folder);
      expect(others).toEqual([]);
      expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
      expect(readFileSync(file, 'utf8')).toMatch(/^[\w-]{43}\n/);
      using client = new RawClient(portOf(tcp), `${authentication(folder, tcp)}${list}`);
      await until(() => client.answers().length === 2);
      expect(client.answers().map(({ id, result }) => [id, result])).toEqual([
        ['token', {}],
        ['l', { jobs: [] }],
      ]);
      process.terminate();
      await process.wait();
      expect(tokenFiles(folder)).toEqual([]);
    }),
  );

  it(
    'R-2: the commands find the token, or are given its place',
    daemonTest({ listen: { tcp: { port: 0, token: 'secret' } } }, async ({ tcp }, folder) => {
      const env = environmentIn(folder);
      const without = await callJobd(['list', '--address', tcp], { env });
      expect([without.exitCode, without.stderrText]).toEqual([
        1,
        'jobd: the first request here is "authenticate", with the token that this daemon has written to a file\n',
      ]);
      const token = join(folder, 'secret');
      const given = await callJobd(['list', '--json', '--address', tcp, '--token', token], { env });
      expect([given.stdoutText, given.stderrText]).toEqual(['[]\n', '']);
      const byVariable = { ...env, JOBD_TOKEN: token, JOBD_ADDRESS: tcp };
      expect((await callJobd(['list', '--json'], { env: byVariable })).stdoutText).toBe('[]\n');
    }),
  );

  it(
    'R-2: localhost leads to the daemon that has made the token',
    daemonTest({}, async ({ tcp }, folder) => {
      const listed = await callJobd(['list', '--json', '--address', `tcp://localhost:${portOf(tcp)}`], {
        env: environmentIn(folder),
      });
      expect([listed.stdoutText, listed.stderrText]).toEqual(['[]\n', '']);
    }),
  );
});

const files = { port: 0, cert: certificate('server.crt'), key: certificate('server.key') };

/** Connections that say nothing. */
function silentClients(port: number, count: number): Disposable & { readonly sockets: readonly Socket[] } {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  return { sockets, [Symbol.dispose]: () => sockets.forEach((socket) => socket.destroy()) };
}

it(
  'R-7: silent clients of TLS and TCP are in the way neither at the socket, nor of those that have been let in, and are dropped',
  daemonTest(
    {
      listen: { tls: { ...files, clients: certificate('authority.crt') } },
      limits: { connections: 5, handshakes: 5, write: 3_000 },
    },
    async ({ jobd, tcp, tls }, folder) => {
      using known = new RawClient(portOf(tcp), `${authentication(folder, tcp)}${list}`);
      await until(() => known.answers().length === 2);
      using silent = silentClients(portOf(tls), 60);
      using others = silentClients(portOf(tcp), 60);
      const all = [...silent.sockets, ...others.sockets];
      await until(() => all.every(({ readyState }) => readyState !== 'opening'));
      expect((await jobd(['submit', '-w', writeJobFile(folder, { jobs: { a: { run: 'true' } } })])).exitCode).toBe(0);
      known.send(list);
      await until(() => known.answers().length === 3);
      await until(() => all.some(({ readyState }) => readyState === 'closed'));
    },
  ),
);
