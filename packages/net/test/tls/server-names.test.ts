import { describe, expect, it } from '@jest/globals';
import { all } from '@tercet/core';
import { closeForcefully } from '@tercet/streams';
import { createSecureContext } from 'node:tls';
import { openTlsStream, TlsStream } from '../../src/index.ts';
import type { TlsStreamOptions } from '../../src/index.ts';
import { markedSession, sessionFor } from '../../src/tls/marked-session.ts';
import { realRun } from '../system-clock.ts';
import { authority, openTlsPair, PATHS, tlsPair, VERSIONS } from './tls-pairs.ts';

const names = authority.issue('a.example', 'xn--bcher-kva.example', '127.0.0.1');

/** Why a client does not want to talk to a server. */
async function whyRefused(client: TlsStream, server: TlsStream): Promise<string> {
  const [reason] = await all([
    async () => {
      const error: unknown = await client.doHandshake().catch((thrown: unknown) => thrown);
      await closeForcefully(client);
      return String((error as { cause?: unknown }).cause);
    },
    () => server.receiveSome().catch(() => null),
  ]);
  return reason;
}

describe.each(PATHS)('%s', (_name, transports) => {
  it.each([
    ['a.example', 'a.example'],
    ['a.example.', 'a.example'],
    ['A.Example', 'a.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['bücher.example.', 'xn--bcher-kva.example'],
    ['127.0.0.1', undefined],
  ])('I-22: for %s the name %s is sent, and the certificate is checked', (serverHostname, sent) =>
    realRun(async () => {
      const [client, server] = await openTlsPair({ transports, server: names, client: { serverHostname } });
      expect(server.serverHostname).toBe(sent);
      expect(client.serverHostname).toBe(serverHostname);
    })(),
  );

  it(
    'I-22: a name that is not in the certificate is refused, however it is written',
    realRun(async () => {
      for (const serverHostname of ['b.example.', 'büche.example']) {
        const [client, server] = await tlsPair({ transports, server: names, client: { serverHostname } });
        expect(await whyRefused(client, server)).toMatch(/altnames/);
      }
    }),
  );

  it(
    'C-1: an SNICallback that answers twice, or throws when it has answered, has answered once',
    realRun(async () => {
      const answers: NonNullable<TlsStreamOptions['SNICallback']>[] = [
        (_server, done) => {
          const context = createSecureContext(names);
          done(null, context);
          done(null, context);
        },
        (_server, done) => {
          done(null, createSecureContext(names));
          throw new Error('too late');
        },
      ];
      for (const SNICallback of answers) {
        const client = { serverHostname: 'a.example' };
        const [near, far] = await openTlsPair({ transports, server: { SNICallback }, client });
        const [, received] = await all([() => near.sendAll('x'), () => far.receiveSome()]);
        expect(received).toHaveLength(1);
      }
    }),
  );
});

it('I-22: a server name that is not a name is refused before anything is sent', () => {
  for (const serverHostname of ['', '.', 'a b', 'a.example:443']) {
    expect(() => new TlsStream({ sendAll: () => undefined } as never, { serverHostname })).toThrow(RangeError);
  }
});

it(
  'I-22: openTlsStream checks its options before it connects',
  realRun(async () => {
    await expect(openTlsStream('127.0.0.1', 9, { cert: 'none', key: 'none' })).rejects.toThrow('PEM');
    await expect(openTlsStream('a b', 9)).rejects.toThrow(/"a b" is not a host name/);
    await expect(openTlsStream(7 as unknown as string, 9)).rejects.toThrow(TypeError);
  }),
);

describe.each(VERSIONS)('R-1: %s: a client that resumes a session', (version) => {
  it.each(PATHS)('verifies another server all the same, %s', (_name, transports) =>
    realRun(async () => {
      const secureContext = createSecureContext({ ...names, minVersion: version, maxVersion: version });
      const options = { transports, version, server: { secureContext } };
      const [first, peer] = await openTlsPair({ ...options, client: { serverHostname: 'a.example' } });
      await all([() => peer.sendAll('x'), () => first.receiveSome()]);
      const session = first.session!;
      for (const [serverHostname, isReused] of [
        ['a.example', true],
        ['A.example.', true],
        ['127.0.0.1', false],
      ] as const) {
        const [again] = await openTlsPair({ ...options, client: { serverHostname, session } });
        expect(again.isSessionReused).toBe(isReused);
      }
      const [elsewhere, server] = await tlsPair({ ...options, client: { serverHostname: 'other.example', session } });
      expect(await whyRefused(elsewhere, server)).toMatch(/altnames/);
    })(),
  );
});

it('R-1: an unmarked session is used by clients that do not verify their server', () => {
  const raw = Buffer.from('raw');
  expect(sessionFor(raw, 'a.example', true)).toBeUndefined();
  expect(sessionFor(raw, 'a.example', false)).toEqual(raw);
  const marked = markedSession(raw, 'a.example');
  expect(sessionFor(marked, 'a.example', true)).toEqual(raw);
  for (const host of ['b.example', 'a.example2', undefined]) expect(sessionFor(marked, host, false)).toBeUndefined();
  expect(sessionFor(markedSession(raw), undefined, false)).toEqual(raw);
});
