import { describe, expect, it } from '@jest/globals';
import { all, BrokenResourceError, ClosedResourceError, openNursery, StateError, TooSlowError } from '@tercet/core';
import { closeForcefully } from '@tercet/streams';
import { lockstepStreamPair, memoryStreamPair, waitAllTasksBlocked } from '@tercet/testing';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createSecureContext } from 'node:tls';
import { openTlsStream, openTcpStream, serveTcp, serveTls } from '../../src/index.ts';
import type { SocketListener, SocketStream, TcpTlsListener, TlsStream, TlsStreamOptions } from '../../src/index.ts';
import { tcpPair } from '../pairs.ts';
import { realRun, textOf } from '../system-clock.ts';
import { authority, CountingStream, identity, openTlsPair, tlsPair, PATHS, VERSIONS } from './tls-pairs.ts';

const tcp = { transports: tcpPair };

describe.each(VERSIONS)('%s', (version) => {
  describe.each(PATHS)('%s', (_name, transports) => {
    const path = { version, transports };

    it(
      'SSL-017: httpsCompatible: sending to a peer that has gone away is a BrokenResourceError',
      realRun(async () => {
        const [client, server] = await openTlsPair({ ...path, client: { httpsCompatible: true } });
        await closeForcefully(server);
        expect(await client.receiveSome()).toBeNull();
        const sendOn = async (): Promise<void> => {
          // The operating system takes some of it before it learns that the peer is gone.
          for (let i = 0; i < 100; i++) await client.sendAll(Buffer.alloc(100_000));
        };
        await expect(sendOn()).rejects.toThrow(BrokenResourceError);
      }),
    );

    it(
      'a context can be chosen later, and in the context of the task that has made the stream',
      realRun(async () => {
        const storage = new AsyncLocalStorage<string>();
        const seen: unknown[] = [];
        const SNICallback: TlsStreamOptions['SNICallback'] = (name, done) => {
          seen.push(name, storage.getStore());
          setTimeout(() => done(null, createSecureContext(identity)), 20);
        };
        const pair = await storage.run('the server', () => tlsPair({ ...path, server: { SNICallback } }));
        await all(pair.map((stream) => () => stream.doHandshake()));
        expect(seen).toEqual(['server.example', 'the server']);
      }),
    );

    it(
      'what callbacks of the user throw breaks the handshake, and nothing else',
      realRun(async () => {
        const fails = (): never => {
          throw new TypeError('a mistake of the user');
        };
        const rejects = async (): Promise<never> => fails();
        const choices = [
          { client: { checkServerIdentity: fails } },
          { server: { SNICallback: fails } },
          { server: { SNICallback: rejects } },
        ];
        for (const options of choices) {
          const [client, server] = await tlsPair({ ...path, ...options });
          await openNursery((nursery) => {
            nursery.startSoon(async () => {
              await expect(client.doHandshake()).rejects.toThrow(BrokenResourceError);
              await closeForcefully(client);
            });
            nursery.startSoon(async () => {
              await expect(server.receiveSome()).rejects.toThrow(BrokenResourceError);
              await closeForcefully(server);
            });
          });
        }
      }),
    );
  });

  it.each(['client', 'server'] as const)(
    'G-111: a record that was changed on the way breaks the stream of the %s, the cause being the error of TLS',
    (who) =>
      realRun(async () => {
        const [near, far] = memoryStreamPair();
        const [client, server] = await openTlsPair({ version, transports: () => [near, far] });
        const [raw, victim] = who === 'server' ? [near, server] : [far, client];
        await raw.sendAll(Buffer.concat([Buffer.of(23, 3, 3, 0, 64), Buffer.alloc(64, 7)]));
        for (let i = 0; i < 2; i++) {
          const error: unknown = await victim.receiveSome().catch((thrown: unknown) => thrown);
          expect(error).toBeInstanceOf(BrokenResourceError);
          expect((error as { cause: { code: string } }).cause.code).toMatch(/^ERR_SSL_/);
        }
        await expect(victim.sendAll('x')).rejects.toThrow(BrokenResourceError);
        for (const stream of [client, server]) await closeForcefully(stream);
      })(),
  );

  it(
    'G-112: over TCP, a peer that is cut off is distinguished from one that closes',
    realRun(async () => {
      for (const [leave, end] of [
        [(stream: TlsStream<SocketStream>) => stream.close(), /^null$/],
        [(stream: TlsStream<SocketStream>) => stream.transport.sendEof(), /BrokenResourceError.*close_notify/],
      ] as const) {
        const [client, server] = await openTlsPair({ version, ...tcp });
        await client.sendAll('something');
        await leave(client as TlsStream<SocketStream>);
        expect(textOf(await server.receiveSome())).toBe('something');
        expect(String(await server.receiveSome().catch((error: unknown) => error))).toMatch(end);
      }
    }),
  );

  it(
    'G-119: who receives does not wait for who is sending and cannot',
    realRun(async () => {
      const [client, server] = await openTlsPair({ version, transports: lockstepStreamPair });
      await openNursery(async (nursery) => {
        // The data of the server is not received.
        nursery.startSoon(() => server.sendAll(Buffer.alloc(300_000)));
        await waitAllTasksBlocked();
        for (const text of ['one', 'two', 'three']) {
          const [received] = await all([() => server.receiveSome(), () => client.sendAll(text)]);
          expect(textOf(received)).toBe(text);
        }
        nursery.cancelScope.cancel();
      });
    }),
  );

  it(
    'G-120: a client that only writes never blocks a server that only reads, however little the transport holds',
    realRun(async () => {
      const [client, server] = await tlsPair({ version, transports: lockstepStreamPair });
      await openNursery((nursery) => {
        nursery.startSoon(async () => {
          for (let i = 0; i < 3; i++) await client.sendAll('x');
        });
        nursery.startSoon(async () => {
          for (let i = 0; i < 3; i++) expect(textOf(await server.receiveSome())).toBe('x');
        });
      });
    }),
  );

  it(
    'G-113: close sends no close_notify while another task is sending, and wakes that task',
    realRun(async () => {
      const [client, server] = await openTlsPair({ version, transports: lockstepStreamPair });
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await expect(client.sendAll('half')).rejects.toThrow(ClosedResourceError);
        });
        nursery.startSoon(async () => {
          await expect(client.receiveSome()).rejects.toThrow(ClosedResourceError);
        });
        await waitAllTasksBlocked();
        await client.close();
      });
      await expect(server.receiveSome()).rejects.toThrow(BrokenResourceError);
    }),
  );

  it(
    'G-113: close does not fail because the peer is gone, and closes the transport once',
    realRun(async () => {
      const [near, far] = memoryStreamPair();
      const transport = new CountingStream(near);
      const [client, server] = await openTlsPair({ version, transports: () => [transport, far] });
      await closeForcefully(server);
      await client.close();
      expect(transport.closes).toBe(1);
    }),
  );
});

it(
  'SSL-003: what the handshake results in is asked for only after it, and stays known when the stream is closed',
  realRun(async () => {
    const [client, server] = await tlsPair();
    expect(client.serverHostname).toBe('server.example');
    expect(client.remoteAddress).toBeUndefined();
    for (const ask of [
      () => client.alpnProtocol,
      () => client.peerCertificate,
      () => client.protocol,
      () => client.cipher,
      () => client.session,
      () => client.isSessionReused,
      () => client.authorizationError,
      () => client.exportKeyingMaterial(16, 'EXPORTER-x'),
      () => server.serverHostname,
    ]) {
      expect(ask).toThrow(StateError);
      expect(ask).toThrow(/call doHandshake\(\)/);
    }
    await all([() => client.doHandshake(), () => server.doHandshake()]);
    for (const stream of [client, server]) await closeForcefully(stream);
    expect(client.peerCertificate?.subject).toBe('CN=server.example');
    expect(server.serverHostname).toBe('server.example');
    expect(() => client.exportKeyingMaterial(16, 'EXPORTER-x')).toThrow(/is closed/);
  }),
);

it(
  'errors name both ends: plain text to a TLS server, and a TLS client that meets plain text',
  realRun(async () => {
    await openNursery(async (nursery) => {
      const errors: unknown[] = [];
      const [tls] = await nursery.start<TcpTlsListener[]>((taskStatus) =>
        serveTls(() => undefined, 0, {
          ...identity,
          host: '127.0.0.1',
          taskStatus,
          onHandlerError: (error) => void errors.push(error),
        }),
      );
      const plain = await openTcpStream('127.0.0.1', tls!.port);
      await plain.sendAll('hello, is there anybody who understands this?\n');
      await plain.receiveSome();
      await plain.receiveSome().catch(() => null);
      await plain.close();
      expect(String(errors[0])).toMatch(
        new RegExp(`BrokenResourceError.*127.0.0.1:${tls!.port} to 127.0.0.1:${plain.localAddress.port}.*broken`),
      );

      const [tcpListener] = await nursery.start<SocketListener[]>((taskStatus) =>
        serveTcp((stream) => stream.sendAll('220 welcome to this server\r\n'), 0, { host: '127.0.0.1', taskStatus }),
      );
      const stream = await openTlsStream('127.0.0.1', tcpListener!.port, { ca: authority.cert });
      await expect(stream.doHandshake()).rejects.toThrow(/WRONG_VERSION|wrong version|ECONNRESET/);
      await closeForcefully(stream);
      nursery.cancelScope.cancel();
    });
  }),
);

it(
  'R-19: a silent peer does not hold up others',
  realRun(async () => {
    await openNursery(async (nursery) => {
      const greet = async (stream: TlsStream): Promise<void> => {
        await stream.sendAll('welcome');
        await stream.close();
      };
      const [listener] = await nursery.start<TcpTlsListener[]>((taskStatus) =>
        serveTls(greet, 0, { ...identity, host: '127.0.0.1', taskStatus, maxConnections: 1, maxHandshakes: 2 }),
      );
      await using _silent = await openTcpStream('127.0.0.1', listener!.port);
      await using stream = await openTlsStream('127.0.0.1', listener!.port, { ca: authority.cert });
      expect(textOf(await stream.receiveSome())).toBe('welcome');
      expect(await stream.receiveSome()).toBeNull();
      nursery.cancelScope.cancel();
    });
  }),
);

it(
  'R-19: a silent peer is dropped after handshakeTimeout',
  realRun(async () => {
    const errors: unknown[] = [];
    await openNursery(async (nursery) => {
      const onHandlerError = (error: unknown): unknown => errors.push(error);
      const [listener] = await nursery.start<TcpTlsListener[]>((taskStatus) =>
        serveTls(() => undefined, 0, {
          ...identity,
          host: '127.0.0.1',
          taskStatus,
          handshakeTimeout: { milliseconds: 50 },
          onHandlerError,
        }),
      );
      await using silent = await openTcpStream('127.0.0.1', listener!.port);
      expect(await silent.receiveSome().catch(() => null)).toBeNull();
      nursery.cancelScope.cancel();
    });
    expect(errors).toEqual([expect.any(TooSlowError)]);
  }),
);
