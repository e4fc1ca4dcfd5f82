import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { all, BrokenResourceError, moveOnAfter, openNursery, sleep } from '@tercet/core';
import { closeForcefully } from '@tercet/streams';
import { waitAllTasksBlocked } from '@tercet/testing';
import { TlsStream } from '../../src/index.ts';
import { useDocumentedOnly } from '../../src/undocumented/documented-only.ts';
import { worksNatively } from '../../src/undocumented/tls-probe.ts';
import { tcpPair, unixPair, wrappedPair } from '../pairs.ts';
import { realRun, textOf } from '../system-clock.ts';
import { authority, disguisedPair, identity, openTlsPair, tlsPair, VERSIONS } from './tls-pairs.ts';

afterEach(() => useDocumentedOnly(undefined));

it(
  'the probe finds that TLS on sockets works on this version of Node',
  realRun(async () => {
    useDocumentedOnly(false);
    await expect(worksNatively()).resolves.toBe(true);
  }),
);

it.each([
  ['TCP', tcpPair],
  ['a Unix socket', unixPair],
  ['sockets of Node that were wrapped', wrappedPair],
] as const)('over %s, records do not come to JavaScript, unless the probe has failed', (_name, transports) =>
  realRun(async () => {
    for (const works of [true, false]) {
      useDocumentedOnly(!works);
      const [client, server] = await tlsPair({ transports });
      const spies = [client, server].flatMap(({ transport }) => [
        jest.spyOn(transport, 'sendAll'),
        jest.spyOn(transport, 'receiveSome'),
      ]);
      await all([() => client.sendAll('there'), () => server.doHandshake()]);
      expect(textOf(await server.receiveSome())).toBe('there');
      await server.sendAll('and back');
      expect(textOf(await client.receiveSome())).toBe('and back');
      expect(spies.map((spy) => spy.mock.calls.length > 0)).toEqual(spies.map(() => !works));
      await client.close();
      expect(await server.receiveSome()).toBeNull();
    }
  })(),
);

it(
  'a client that only sends and closes resets nothing, though session tickets are on their way to it',
  realRun(async () => {
    for (let i = 0; i < 20; i++) {
      const [client, server] = await openTlsPair({ version: 'TLSv1.3', transports: tcpPair });
      await client.sendAll('all there is');
      await client.close();
      await sleep(1);
      expect(textOf(await server.receiveSome())).toBe('all there is');
      expect(await server.receiveSome()).toBeNull();
    }
  }),
);

describe.each(VERSIONS)('%s', (version) => {
  it.each([
    ['on a socket', tcpPair],
    ['over any stream', disguisedPair],
  ] as const)(
    'TLS can begin in the middle of a conversation, when its first records have been read already, %s',
    (_name, transports) =>
      realRun(async () => {
        const [near, far] = await transports();
        const client = new TlsStream(near, { ca: authority.cert, serverHostname: 'server.example' });
        await openNursery(async (nursery) => {
          await near.sendAll('STARTTLS\n');
          nursery.startSoon(() => client.sendAll('secret'));
          expect(textOf(await far.receiveSome(9))).toBe('STARTTLS\n');
          // Meanwhile the first record is read.
          await waitAllTasksBlocked(20);
          const server = new TlsStream(far, { ...identity, serverSide: true });
          expect(textOf(await server.receiveSome())).toBe('secret');
          await all([() => client.close(), () => server.close()]);
        });
      })(),
  );

  it.each([
    ['on a socket', tcpPair],
    ['over any stream', disguisedPair],
  ] as const)(
    'G-114: cancelled while it sends, the stream is broken, and the peer does not take it for the end, %s',
    (_name, transports) =>
      realRun(async () => {
        // With httpsCompatible, only the reset shows it, which can look like the end when it follows unread data.
        const [client, server] = await openTlsPair({ version, transports });
        expect(await moveOnAfter(20, () => client.sendAll(Buffer.alloc(50_000_000)))).toBeUndefined();
        await expect(client.sendAll('x')).rejects.toThrow(BrokenResourceError);
        await expect(client.receiveSome()).rejects.toThrow(/cancelled half-way/);
        await client.close();
        const receiveAll = async (): Promise<void> => {
          while ((await server.receiveSome()) !== null);
        };
        await expect(receiveAll()).rejects.toThrow(BrokenResourceError);
      })(),
  );

  it.each([
    ['on a socket', tcpPair],
    ['over any stream', disguisedPair],
  ] as const)(
    'a peer that sends more than anybody asks for has to wait, and hears the last word all the same, %s',
    (_name, transports) =>
      realRun(async () => {
        const [client, server] = await openTlsPair({ version, transports });
        await openNursery(async (nursery) => {
          const much = Buffer.alloc(50_000_000);
          nursery.startSoon(async () => {
            await expect(client.sendAll(much)).rejects.toThrow(/closed|broken/);
          });
          nursery.startSoon(async () => {
            expect(textOf(await client.receiveSome())).toBe('stop');
            expect(await client.receiveSome().catch(() => null)).toBeNull();
            await closeForcefully(client);
          });
          await waitAllTasksBlocked(20);
          expect((await server.receiveSome())!.length).toBeLessThan(100_000);
          await server.sendAll('stop');
          await server.close();
        });
      })(),
  );

  it.each([
    ['on a socket', tcpPair],
    ['over any stream', disguisedPair],
  ] as const)('receiveInto fills memory of the caller, %s', (_name, transports) =>
    realRun(async () => {
      const [client, server] = await openTlsPair({ version, transports });
      const room = new Uint8Array(3);
      await client.sendAll('abcde');
      expect([await server.receiveInto(room), textOf(room)]).toEqual([3, 'abc']);
      expect([await server.receiveInto(room), textOf(room)]).toEqual([2, 'dec']);
      await expect(server.receiveInto(new Uint8Array())).rejects.toThrow(RangeError);
      await expect(server.receiveInto('no memory' as never)).rejects.toThrow(TypeError);
      await client.close();
      expect(await server.receiveInto(room)).toBeNull();
      await server.close();
    })(),
  );
});
