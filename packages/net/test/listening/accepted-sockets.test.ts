import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { all, openNursery, sleep } from '@tercet/core';
import { createServer, Socket } from 'node:net';
import type { Server } from 'node:net';
import { openTcpListeners, openTcpStream, openUnixListener, openUnixSocket } from '../../src/index.ts';
import { setSocketFactory } from '../../src/testing.ts';
import type { SocketListener, SocketStream } from '../../src/index.ts';
import { useDocumentedOnly } from '../../src/undocumented/documented-only.ts';
import { realRun, textOf, withSocketPath } from '../system-clock.ts';

type Use = (listener: SocketListener, open: () => Promise<SocketStream>) => Promise<void>;

async function overTcp(use: Use): Promise<void> {
  const [listener] = await openTcpListeners(0, { host: '127.0.0.1' });
  await using _closing = listener!;
  await use(listener!, () => openTcpStream('127.0.0.1', listener!.port));
}

function overUnix(use: Use): Promise<void> {
  return withSocketPath(async (path) => {
    await using listener = await openUnixListener(path);
    await use(listener, () => openUnixSocket(path));
  });
}

/** All that comes until the end, as its length and its first and last byte. */
async function drain(stream: SocketStream): Promise<string> {
  let length = 0;
  let ends = '';
  for await (const chunk of stream) {
    length += chunk.length;
    ends = (ends[0] ?? String.fromCharCode(chunk[0]!)) + String.fromCharCode(chunk.at(-1)!);
  }
  return `${ends} ${length}`;
}

afterEach(() => useDocumentedOnly(undefined));

describe.each([
  ['by the handles of Node', true],
  ['by what Node documents alone', false],
])('connections that are taken %s', (_name, takes) => {
  beforeEach(() => useDocumentedOnly(!takes));

  describe.each([
    ['TCP', overTcp],
    ['a Unix socket', overUnix],
  ])('over %s', (_transport, over) => {
    it(
      'keep what was sent before they were accepted',
      realRun(() =>
        over(async (listener, open) => {
          await using client = await open();
          await client.sendAll('early');
          await sleep(10);
          await using server = await listener.accept();
          expect(textOf(await server.receiveSome())).toBe('early');
        }),
      ),
    );

    it(
      'carry much in both directions at once, and end one direction alone',
      realRun(() =>
        over(async (listener, open) => {
          const [client, server] = await all([open, () => listener.accept()]);
          const much = Buffer.alloc(3_000_000, '-').fill('a', 0, 1).fill('z', 2_999_999);
          const send = async (stream: SocketStream): Promise<void> => {
            await stream.sendAll(much);
            await stream.sendEof();
          };
          const drained: string[] = [];
          await openNursery((nursery) => {
            for (const stream of [client, server]) {
              nursery.startSoon(send, stream);
              nursery.startSoon(async () => void drained.push(await drain(stream)));
            }
          });
          expect(drained).toEqual(['az 3000000', 'az 3000000']);
          await client.close();
          await server.close();
        }),
      ),
    );

    it(
      'wait unread until a task receives, and the sender has to wait',
      realRun(() =>
        over(async (listener, open) => {
          const [client, server] = await all([open, () => listener.accept()]);
          let sent = 0;
          await openNursery(async (nursery) => {
            nursery.startSoon(async () => {
              for (; sent < 400; sent++) await client.sendAll(Buffer.alloc(65_536));
              await client.sendEof();
            });
            for (let before = -1; before !== sent;) {
              before = sent;
              await sleep(30);
            }
            expect(sent).toBeLessThan(400);
            expect(await drain(server)).toBe(`\0\0 ${400 * 65_536}`);
          });
          await client.close();
          await server.close();
        }),
      ),
    );
  });
});

it(
  'this version of Node lets the handles be taken',
  realRun(async () => {
    const servers: Server[] = [];
    setSocketFactory({
      createServer: (options) => {
        const server = createServer(options);
        servers.push(server);
        return server;
      },
    });
    useDocumentedOnly(false);
    await overTcp(async () => undefined);
    expect(servers.map((server) => server.listenerCount('connection'))).toEqual([0]);
    useDocumentedOnly(true);
    await overTcp(async () => undefined);
    expect(servers.map((server) => server.listenerCount('connection'))).toEqual([0, 1]);
  }),
);

it(
  'small pieces are sent at once also on the documented path, unless the listener turns that off',
  realRun(async () => {
    useDocumentedOnly(true);
    const setNoDelay = jest.spyOn(Socket.prototype, 'setNoDelay');
    try {
      for (const noDelay of [undefined, false]) {
        setNoDelay.mockClear();
        const [listener] = await openTcpListeners(0, { host: '127.0.0.1', ...(noDelay === false ? { noDelay } : {}) });
        await using _closing = listener!;
        const [client, server] = await all([
          () => openTcpStream('127.0.0.1', listener!.port),
          () => listener!.accept(),
        ]);
        await all([() => client.close(), () => server.close()]);
        expect(setNoDelay.mock.calls).toEqual(noDelay === false ? [] : [[true]]);
      }
    } finally {
      setNoDelay.mockRestore();
    }
  }),
);
