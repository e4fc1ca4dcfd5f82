import { describe, expect, it } from '@jest/globals';
import { authentication, certificate, daemonTest, until } from './daemon-process.ts';
import { converse, netcat, openssl } from './foreign-program.ts';
import { writeJobFile } from './jobd-process.ts';

const tls = {
  port: 0,
  cert: certificate('server.crt'),
  key: certificate('server.key'),
  clients: certificate('authority.crt'),
};
const ca = certificate('authority.crt');
const list = '{"jobd":1,"id":"l","op":"list"}\n';

/** The ids and the codes of errors, in an order that does not depend on what was ready first. */
function outcomes(answers: readonly Record<string, unknown>[]): string[] {
  return answers
    .map(({ id, error }) => `${String(id)} ${String((error as { code?: string } | undefined)?.code)}`)
    .sort();
}

describe('nc', () => {
  it(
    'submits a job and follows it, by the Unix socket',
    daemonTest({}, async ({ socket }, folder) => {
      const text = JSON.stringify({ jobs: { a: { run: 'echo one; sleep 0.1; echo two' } } });
      const submit = { jobd: 1, id: 's', op: 'submit', path: `${folder}/jobs.json`, text };
      const first = await converse(await netcat(socket), `${JSON.stringify(submit)}\n`, 1);
      expect(first.answers).toEqual([{ jobd: 1, id: 's', result: { run: 1, jobs: ['1/a'] } }]);
      const tail = await converse(await netcat(socket), '{"jobd":1,"id":"t","op":"tail","job":"1/a"}\n', 3);
      expect(tail.answers).toMatchObject([
        { id: 't', event: { line: 'one' } },
        { id: 't', event: { line: 'two' } },
        { id: 't', result: { job: '1/a', status: 'succeeded' } },
      ]);
      expect([first.exitCode, tail.exitCode]).toEqual([0, 0]);
    }),
  );

  it(
    'shows the token of the daemon by TCP, and gets an error for each request that is wrong',
    daemonTest({ limits: { line: 200 } }, async ({ tcp }, folder) => {
      const { hostname, port } = new URL(tcp);
      const lines = ['x'.repeat(10_000), '{"jobd":2,"id":"v"}', '{"jobd":1,"id":"u","op":"fly"}'];
      const text = `${authentication(folder, tcp)}${lines.join('\n')}\n${list}`;
      const { answers, exitCode } = await converse(await netcat(hostname, port), text, 5);
      expect(outcomes(answers)).toEqual([
        'l undefined',
        'token undefined',
        'u bad-request',
        'undefined line-too-long',
        'v bad-version',
      ]);
      expect(exitCode).toBe(0);
    }),
  );
});

describe('openssl s_client', () => {
  it(
    'with a certificate is served over TLS',
    daemonTest({ listen: { tls } }, async ({ jobd, tls: address }, folder) => {
      await jobd(['submit', writeJobFile(folder, { jobs: { a: { run: 'true' } } })]);
      const files = { ca, cert: certificate('client.crt'), key: certificate('client.key') };
      const client = await openssl(Number(new URL(address).port), files);
      const { answers, exitCode, errors } = await converse(client, `{"jobd":1}\n${list}`, 2);
      expect([outcomes(answers), exitCode, errors.includes('error:')]).toEqual([
        ['l undefined', 'undefined bad-request'],
        0,
        false,
      ]);
    }),
  );

  it.each([
    ['without a certificate', { ca }],
    ['with one that nobody has signed', { ca, cert: certificate('stranger.crt'), key: certificate('stranger.key') }],
  ])('%s gets no answer', (_, files) =>
    daemonTest({ listen: { tls } }, async ({ jobd, tls: address, log }) => {
      const { answers } = await converse(await openssl(Number(new URL(address).port), files), list, 1);
      expect(answers).toEqual([]);
      await until(() => log().some(({ msg }) => msg === 'the connection is lost'));
      expect((await jobd(['list'])).exitCode).toBe(0);
    })(),
  );
});
