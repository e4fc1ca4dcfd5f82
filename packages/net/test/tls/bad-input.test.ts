import { describe, expect, it } from '@jest/globals';
import { all, BrokenResourceError } from '@tercet/core';
import { closeForcefully, StapledStream } from '@tercet/streams';
import { formatAddress, TlsStream } from '../../src/index.ts';
import type { SocketAddress, SocketStream, TlsStreamOptions } from '../../src/index.ts';
import { tcpPair } from '../pairs.ts';
import { realRun } from '../system-clock.ts';
import { makeAuthority } from './certificates.ts';
import { authority, identity, VERSIONS } from './tls-pairs.ts';

/** A stream that TLS cannot recognise as a socket, with the addresses of its ends. */
class Disguised extends StapledStream {
  readonly localAddress: SocketAddress;
  readonly remoteAddress: SocketAddress;

  constructor(stream: SocketStream) {
    super(stream, stream);
    this.localAddress = stream.localAddress;
    this.remoteAddress = stream.remoteAddress;
  }
}

interface Mistake {
  readonly name: string;
  readonly client?: TlsStreamOptions;
  readonly server?: TlsStreamOptions;
  /** The other side's behaviour, in place of TLS. */
  readonly plain?: (stream: SocketStream) => Promise<unknown>;
  readonly victim: 'client' | 'server';
  readonly text: RegExp;
}

const MISTAKES: readonly Mistake[] = [
  {
    name: 'a certificate that is not trusted',
    client: { ca: makeAuthority('another').cert },
    victim: 'client',
    text: /UNABLE_TO_VERIFY_LEAF_SIGNATURE|unable to verify/,
  },
  {
    name: 'a certificate for another host',
    client: { serverHostname: 'other.example' },
    victim: 'client',
    text: /other\.example/,
  },
  {
    name: 'a client without the certificate that is asked for',
    server: { requestCert: true, ca: authority.cert },
    victim: 'server',
    text: /certificate/,
  },
  {
    name: 'plain text to a TLS server',
    plain: (stream) => stream.sendAll('GET / HTTP/1.1\r\n\r\n'),
    victim: 'server',
    text: /http request/,
  },
  {
    name: 'a server that speaks plain text',
    plain: (stream) => stream.sendAll('220 welcome to this server\r\n'),
    victim: 'client',
    text: /wrong version number|packet length too long/,
  },
  {
    name: 'an end in the middle of the handshake',
    plain: (stream) => stream.sendEof(),
    victim: 'client',
    text: /the transport has ended during the handshake|before secure TLS connection/,
  },
];

describe.each([
  ['on a socket', (stream: SocketStream) => stream],
  ['over any stream', (stream: SocketStream) => new Disguised(stream)],
] as const)('%s', (_name, disguised) => {
  describe.each(VERSIONS)('%s', (version) => {
    it.each(MISTAKES)('$name is a BrokenResourceError that names both ends', (mistake) =>
      realRun(async () => {
        const [near, far] = await tcpPair();
        const versions = { minVersion: version, maxVersion: version };
        const client = new TlsStream(disguised(near), {
          ca: authority.cert,
          serverHostname: 'server.example',
          ...versions,
          ...mistake.client,
        });
        const server = new TlsStream(disguised(far), { ...identity, serverSide: true, ...versions, ...mistake.server });
        const [victim, transport] = mistake.victim === 'client' ? [client, near] : [server, far];
        const [other, rest] = mistake.victim === 'client' ? [server, far] : [client, near];
        const [error] = await all([
          async () => {
            const thrown: unknown = await victim.doHandshake().catch((why: unknown) => why);
            await closeForcefully(transport);
            return thrown;
          },
          async () => {
            if (mistake.plain === undefined) await other.doHandshake().catch(() => undefined);
            else await mistake.plain(rest);
          },
        ]);
        expect(error).toBeInstanceOf(BrokenResourceError);
        const { message } = error as Error;
        expect(message).toContain('doHandshake(): the TLS handshake has failed');
        expect(message).toContain(formatAddress(transport.localAddress));
        expect(message).toContain(formatAddress(transport.remoteAddress));
        expect(`${message} ${String((error as { cause?: { code?: string } }).cause?.code)}`).toMatch(mistake.text);
        await expect(victim.sendAll('x')).rejects.toThrow(BrokenResourceError);
        for (const stream of [client, server, near, far]) await closeForcefully(stream);
      })(),
    );
  });
});
