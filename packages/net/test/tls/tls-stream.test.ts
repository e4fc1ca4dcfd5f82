import { describe, expect, it } from '@jest/globals';
import {
  all,
  BrokenResourceError,
  BusyResourceError,
  CancelScope,
  ClosedResourceError,
  moveOnAfter,
  openNursery,
  StateError,
} from '@tercet/core';
import { closeForcefully } from '@tercet/streams';
import { assertCheckpoints, lockstepStreamPair, memoryStreamPair, waitAllTasksBlocked } from '@tercet/testing';
import { createSecureContext } from 'node:tls';
import { TlsListener, TlsStream } from '../../src/index.ts';
import { FakeListener } from '../serving/fake-listener.ts';
import { realRun, textOf } from '../system-clock.ts';
import { makeAuthority } from './certificates.ts';
import { authority, CountingStream, identity, openTlsPair, tlsPair, PATHS, VERSIONS } from './tls-pairs.ts';
import type { PairOptions } from './tls-pairs.ts';

/** The outcomes of a handshake at both ends. */
async function handshake(options: PairOptions): Promise<[unknown, unknown]> {
  const streams = await tlsPair(options);
  const [client, server] = await all(
    streams.map((stream) => async () => {
      try {
        await stream.doHandshake();
        await stream.sendAll('x');
        await stream.receiveSome();
        return undefined;
      } catch (error) {
        await closeForcefully(stream.transport);
        return error;
      }
    }),
  );
  for (const stream of streams) await closeForcefully(stream);
  return [client, server];
}

const codeOf = (error: unknown): unknown => (error as { cause?: { code?: string } }).cause?.code;

describe.each(VERSIONS)('%s', (version) => {
  describe.each(PATHS)('%s', (_name, transports) => {
    const path = { version, transports };

    it(
      'SSL-001: an unknown authority breaks the handshake, and the cause says so',
      realRun(async () => {
        const [error] = await handshake({ ...path, client: { ca: makeAuthority('another').cert } });
        expect(error).toBeInstanceOf(BrokenResourceError);
        expect(codeOf(error)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
        expect((error as Error).message).toContain('the TLS handshake has failed');
      }),
    );

    it(
      'SSL-001: a certificate for another host breaks the handshake, and the cause says so',
      realRun(async () => {
        const [error] = await handshake({ ...path, client: { serverHostname: 'other.example' } });
        expect(error).toBeInstanceOf(BrokenResourceError);
        expect(codeOf(error)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
      }),
    );

    it(
      'SSL-001: names, wildcards and addresses of the certificate are accepted',
      realRun(async () => {
        for (const serverHostname of ['server.example', 'any.wild.example', '127.0.0.1']) {
          expect(await handshake({ ...path, client: { serverHostname } })).toEqual([undefined, undefined]);
        }
        const unverified = { ca: makeAuthority('another').cert, rejectUnauthorized: false };
        expect(await handshake({ ...path, client: unverified })).toEqual([undefined, undefined]);
      }),
    );

    it(
      'client certificates are asked for, verified, and shown',
      realRun(async () => {
        const server = { requestCert: true, ca: authority.cert };
        const certified = authority.issue('client.example');
        const [client, peer] = await openTlsPair({ ...path, server, client: certified });
        expect(peer.peerCertificate?.subject).toBe('CN=client.example');
        await closeForcefully(client);
        await closeForcefully(peer);
        const [, missing] = await handshake({ ...path, server });
        expect(missing).toBeInstanceOf(BrokenResourceError);
        const [, unknown] = await handshake({ ...path, server, client: makeAuthority('x').issue('client.example') });
        expect(unknown).toBeInstanceOf(BrokenResourceError);
        expect(await handshake({ ...path, server: { ...server, rejectUnauthorized: false } })).toEqual([
          undefined,
          undefined,
        ]);
      }),
    );

    it(
      'SSL-004, G-110: both directions at once, and two more who ask for the handshake',
      realRun(async () => {
        const streams = await tlsPair(path);
        const data = Buffer.alloc(30 * 32_768, 'abcdefghijklmnopqrstuvw');
        await openNursery((nursery) => {
          for (const stream of streams) {
            nursery.startSoon(async () => {
              for (let at = 0; at < data.length; at += 32_768) await stream.sendAll(data.subarray(at, at + 32_768));
            });
            nursery.startSoon(async () => {
              const chunks: Uint8Array[] = [];
              for (let size = 0; size < data.length; size += chunks.at(-1)!.length) {
                chunks.push((await stream.receiveSome())!);
              }
              expect(Buffer.concat(chunks).equals(data)).toBe(true);
            });
            for (let i = 0; i < 2; i++) nursery.startSoon(() => stream.doHandshake());
          }
        });
      }),
    );

    it(
      'SSL-012, G-115, G-116: close sends a close_notify: the peer always receives the end from then on, and can still send before it closes',
      realRun(async () => {
        const [client, server] = await openTlsPair(path);
        await client.sendAll('last');
        await client.close();
        expect(textOf(await server.receiveSome())).toBe('last');
        expect(await server.receiveSome()).toBeNull();
        expect(await server.receiveSome()).toBeNull();
        await server.close();
        await assertCheckpoints(() => client.close());
        for (const use of [
          () => client.sendAll('x'),
          () => client.sendAll(''),
          () => client.receiveSome(),
          () => client.doHandshake(),
          () => client.waitSendAllMightNotBlock(),
        ]) {
          await expect(use()).rejects.toThrow(ClosedResourceError);
        }
      }),
    );

    it(
      'SSL-016, G-112: a transport that ends without a goodbye breaks the stream, after what has come before',
      realRun(async () => {
        const [client, server] = await openTlsPair(path);
        await client.sendAll('part');
        await client.transport.close();
        expect(textOf(await server.receiveSome())).toBe('part');
        for (let i = 0; i < 2; i++) {
          await expect(server.receiveSome()).rejects.toThrow(BrokenResourceError);
          await expect(server.sendAll('x')).rejects.toThrow(BrokenResourceError);
        }
      }),
    );

    it(
      'SSL-016: the same for a task that waits, and when many bytes have not been received yet',
      realRun(async () => {
        const [client, server] = await openTlsPair(path);
        await openNursery(async (nursery) => {
          nursery.startSoon(async () => {
            await expect(server.receiveSome()).rejects.toThrow('without a close_notify');
          });
          await waitAllTasksBlocked();
          await client.transport.close();
        });
        await closeForcefully(client);
        await closeForcefully(server);

        const [sender, receiver] = await openTlsPair(path);
        await openNursery(async (nursery) => {
          nursery.startSoon(async () => {
            await sender.sendAll(Buffer.alloc(500_000));
            await sender.transport.close();
          });
          await waitAllTasksBlocked(5);
          let size = 0;
          const receiveAll = async (): Promise<void> => {
            for await (const chunk of receiver) size += chunk.length;
          };
          await expect(receiveAll()).rejects.toThrow(BrokenResourceError);
          expect(size).toBe(500_000);
        });
      }),
    );

    it(
      'SSL-017: as HTTPS does it, such an end is an end',
      realRun(async () => {
        const [client, server] = await openTlsPair({ ...path, server: { httpsCompatible: true } });
        await client.sendAll('all');
        await client.transport.close();
        expect(textOf(await server.receiveSome())).toBe('all');
        expect(await server.receiveSome()).toBeNull();
        expect(await server.receiveSome()).toBeNull();
      }),
    );

    it(
      'SSL-023: the protocol that both prefer is known after the handshake, none when there is none',
      realRun(async () => {
        const [client, server] = await tlsPair({
          ...path,
          client: { ALPNProtocols: ['h2', 'http/1.1'] },
          server: { ALPNProtocols: ['http/1.1', 'h3'] },
        });
        for (const stream of [client, server]) {
          expect(() => stream.alpnProtocol).toThrow(StateError);
          expect(() => stream.peerCertificate).toThrow(StateError);
        }
        await all([() => client.doHandshake(), () => server.doHandshake()]);
        expect([client.alpnProtocol, server.alpnProtocol]).toEqual(['http/1.1', 'http/1.1']);
        expect([client.protocol, server.protocol]).toEqual([version, version]);
        const [one, two] = [client, server].map((stream) => stream.exportKeyingMaterial(32, 'EXPORTER-test'));
        expect(Buffer.from(one!).equals(two!)).toBe(true);
        await closeForcefully(client);
        await closeForcefully(server);
        const [plain] = await openTlsPair(path);
        expect(plain.alpnProtocol).toBeUndefined();
      }),
    );

    it(
      'SSL-024: the client sees the certificate of the server, the server none',
      realRun(async () => {
        const [client, server] = await openTlsPair(path);
        expect(client.peerCertificate?.subjectAltName).toContain('DNS:server.example');
        expect(server.peerCertificate).toBeUndefined();
      }),
    );

    it(
      'a context can be chosen by the name that the client asks for',
      realRun(async () => {
        const other = authority.issue('other.example');
        const asked: string[] = [];
        const [client, server] = await openTlsPair({
          ...path,
          client: { serverHostname: 'other.example' },
          server: {
            SNICallback: (name, done) => {
              asked.push(name);
              done(null, createSecureContext(other));
            },
          },
        });
        expect(asked).toEqual(['other.example']);
        expect(server.serverHostname).toBe('other.example');
        expect(client.peerCertificate?.subject).toBe('CN=other.example');
      }),
    );

    it(
      'a session can be resumed with another connection',
      realRun(async () => {
        const secureContext = createSecureContext({ ...identity, minVersion: version, maxVersion: version });
        const server = { secureContext };
        const [first, peer] = await openTlsPair({ ...path, server });
        await peer.sendAll('x');
        await first.receiveSome();
        const { session } = first;
        expect(session).toBeDefined();
        expect(first.isSessionReused).toBe(false);
        await closeForcefully(first);
        await closeForcefully(peer);
        const [second] = await openTlsPair({ ...path, server, client: { session: session! } });
        expect(second.isSessionReused).toBe(true);
      }),
    );
  });

  it(
    'SSL-019: an error of closing the transport comes out, and it is closed once',
    realRun(async () => {
      const [near, far] = memoryStreamPair();
      const transport = new CountingStream(near);
      const [client] = await openTlsPair({ version, transports: () => [transport, far] });
      transport.closeError = new Error('cannot close');
      await expect(client.close()).rejects.toBe(transport.closeError);
      await client.close();
      expect(transport.closes).toBe(1);
    }),
  );

  it(
    'SSL-014: an error of the transport comes out as it is, and then the stream is broken',
    realRun(async () => {
      const [near, far] = memoryStreamPair();
      const transport = new CountingStream(near);
      const [client] = await openTlsPair({ version, transports: () => [transport, far] });
      transport.sendError = new TypeError('no more');
      await expect(client.sendAll('x')).rejects.toBe(transport.sendError);
      await expect(client.sendAll('x')).rejects.toThrow(BrokenResourceError);
      await expect(client.receiveSome()).rejects.toThrow(BrokenResourceError);
      await client.close();
      expect(transport.closes).toBe(1);
    }),
  );

  it(
    'SSL-022: an error of the transport during the handshake comes out as it is, and then the stream is broken',
    realRun(async () => {
      for (const which of ['sendError', 'receiveError'] as const) {
        const [near, far] = memoryStreamPair();
        const transport = new CountingStream(near);
        const [client] = await tlsPair({ version, transports: () => [transport, far] });
        transport[which] = new TypeError(which);
        await expect(client.doHandshake()).rejects.toBe(transport[which]);
        await expect(client.doHandshake()).rejects.toThrow(BrokenResourceError);
      }
    }),
  );

  it(
    'SSL-015, G-121: TLS inside of TLS',
    realRun(async () => {
      const [client, server] = await openTlsPair({ version, transports: () => openTlsPair({ version }) });
      await client.sendAll('secret');
      expect(textOf(await server.receiveSome())).toBe('secret');
      await client.close();
      expect(await server.receiveSome()).toBeNull();
    }),
  );
});

it(
  'SSL-006: of two who send, or two who receive, the second one is refused',
  realRun(async () => {
    const [client, server] = await openTlsPair({
      transports: () => memoryStreamPair(),
    });
    await openNursery(async (nursery) => {
      nursery.startSoon(() => client.receiveSome());
      await waitAllTasksBlocked();
      await expect(client.receiveSome()).rejects.toThrow(BusyResourceError);
      nursery.cancelScope.cancel();
    });
    const first = client.sendAll('x');
    await expect(client.sendAll('y')).rejects.toThrow(BusyResourceError);
    await first;
    const again = client.sendAll('z');
    await expect(client.waitSendAllMightNotBlock()).rejects.toThrow(BusyResourceError);
    await again;
    expect(textOf(await server.receiveSome())).toBe('x');
    expect(textOf(await server.receiveSome())).toBe('z');
  }),
);

it(
  'SSL-007: waitSendAllMightNotBlock waits for the transport',
  realRun(async () => {
    const [near, far] = memoryStreamPair();
    const transport = new CountingStream(near);
    let asked = 0;
    transport.waitSendAllMightNotBlock = async () => void asked++;
    const [client] = await openTlsPair({ transports: () => [transport, far] });
    await client.waitSendAllMightNotBlock();
    expect(asked).toBe(1);
  }),
);

it(
  'SSL-008: every operation is a checkpoint',
  realRun(async () => {
    const [client, server] = await openTlsPair();
    await assertCheckpoints(() => client.doHandshake());
    await assertCheckpoints(() => client.waitSendAllMightNotBlock());
    await assertCheckpoints(() => client.sendAll('xy'));
    await assertCheckpoints(() => server.receiveSome(1));
    await assertCheckpoints(() => server.receiveSome(1));
    await assertCheckpoints(() => client.close());
  }),
);

it(
  'SSL-009, G-117: sending nothing sends nothing, and does not end the stream',
  realRun(async () => {
    const [client, server] = await openTlsPair();
    await client.sendAll('');
    await client.sendAll(new Uint8Array());
    await client.sendAll('x');
    expect(textOf(await server.receiveSome())).toBe('x');
  }),
);

it(
  'G-113: close makes the handshake first; when that fails, its error comes out and the transport is closed',
  realRun(async () => {
    const [client, server] = await tlsPair();
    await all([() => client.close(), () => server.close()]);

    const [near, far] = memoryStreamPair();
    const transport = new CountingStream(near);
    const [refusing] = await tlsPair({ transports: () => [transport, far] });
    await far.sendAll('this is no TLS, but something else entirely');
    await expect(refusing.close()).rejects.toThrow(BrokenResourceError);
    expect(transport.closes).toBe(1);
  }),
);

it(
  'plain text to a TLS server, and a transport that ends in the handshake, are errors',
  realRun(async () => {
    const [client, server] = await tlsPair();
    await client.transport.sendAll('GET / HTTP/1.1\r\n\r\n');
    await expect(server.doHandshake()).rejects.toThrow(/handshake has failed.*(http request|wrong version)/i);
    await closeForcefully(client);
    await closeForcefully(server);
    const [one, two] = await tlsPair();
    await two.transport.close();
    await expect(one.doHandshake()).rejects.toThrow(BrokenResourceError);
    await closeForcefully(one);
    await closeForcefully(two);
    const [near, far] = memoryStreamPair();
    const https = new TlsStream(near, { serverHostname: 'server.example', httpsCompatible: true });
    await far.sendEof();
    expect(await https.receiveSome()).toBeNull();
  }),
);

it(
  'G-114: who is cancelled before anything has been sent leaves the stream usable, and so does a cancelled receiver',
  realRun(async () => {
    const [client, server] = await tlsPair();
    for (const use of [
      () => client.doHandshake(),
      () => client.sendAll('never'),
      () => client.receiveSome(),
      () => client.waitSendAllMightNotBlock(),
    ]) {
      await expect(inCancelledScope(use)).resolves.toBe(true);
    }
    await all([() => client.sendAll('x'), () => server.doHandshake()]);
    expect(await moveOnAfter(5, () => client.receiveSome())).toBeUndefined();
    expect(textOf(await server.receiveSome())).toBe('x');
    await server.sendAll('y');
    expect(textOf(await client.receiveSome())).toBe('y');
  }),
);

it(
  'G-114: a handshake that is cancelled breaks the stream, also for tasks that wait for the same handshake',
  realRun(async () => {
    const [client] = await tlsPair();
    await openNursery(async (nursery) => {
      const first = nursery.startSoon(() => client.doHandshake());
      await waitAllTasksBlocked();
      nursery.startSoon(async () => {
        await expect(client.receiveSome()).rejects.toThrow(BrokenResourceError);
      });
      await waitAllTasksBlocked();
      first.cancel();
    });
    await expect(client.sendAll('x')).rejects.toThrow(/handshake has failed.*cancelled/);
  }),
);

it(
  'G-114: cancelled while the transport takes something the stream is broken',
  realRun(async () => {
    const [client] = await openTlsPair({ transports: lockstepStreamPair });
    expect(await moveOnAfter(5, () => client.sendAll('x'))).toBeUndefined();
    await expect(client.sendAll('x')).rejects.toThrow(BrokenResourceError);
    await expect(client.receiveSome()).rejects.toThrow(BrokenResourceError);
  }),
);

it(
  'a client has to know whom it talks to, and certificates are looked at at once',
  realRun(async () => {
    const [near] = memoryStreamPair();
    expect(() => new TlsStream(near)).toThrow(/serverHostname/);
    expect(() => new TlsStream(near, { serverSide: true, cert: 'no certificate', key: 'no key' })).toThrow('PEM');
  }),
);

it(
  'SSL-025: a listener gives streams before their handshake, passes its options on, and closes the one beneath',
  realRun(async () => {
    const transport = new FakeListener();
    const listener = new TlsListener(transport, { ...identity, httpsCompatible: true });
    const near = transport.connect();
    const server = await listener.accept();
    expect(server).toBeInstanceOf(TlsStream);
    await near.close();
    expect(await server.receiveSome()).toBeNull();
    await listener.close();
    expect(transport.isClosed).toBe(true);
  }),
);

/** Whether `use` is ended by a scope that is cancelled already. */
async function inCancelledScope(use: () => Promise<unknown>): Promise<boolean> {
  const scope = new CancelScope();
  scope.cancel();
  await scope.run(use);
  return scope.cancelledCaught;
}
