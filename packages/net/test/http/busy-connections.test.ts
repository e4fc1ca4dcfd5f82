import { describe, expect, it } from '@jest/globals';
import { failAfter, moveOnAfter, openNursery, sleep } from '@tercet/core';
import { Event } from '@tercet/sync';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createConnection } from 'node:net';
import { openTcpStream, openTlsStream, serveHttp } from '../../src/index.ts';
import type { HttpHandler, HttpListener, SocketStream } from '../../src/index.ts';
import { HandlerErrors } from '../../src/serving/handler-errors.ts';
import { HttpService } from '../../src/http/http-service.ts';
import { makeAuthority } from '../tls/certificates.ts';
import { realRun, textOf } from '../system-clock.ts';
import { withHttpServer } from './client.ts';

const GET = (path = '/'): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
const LARGE = 16 << 20;

/** Everything that comes until the end, in bytes. */
async function sizeOf(stream: Pick<SocketStream, 'receiveSome'>): Promise<number> {
  let size = 0;
  for (let chunk; (chunk = await stream.receiveSome()) !== null;) size += chunk.length;
  return size;
}

async function allTextOf(stream: Pick<SocketStream, 'receiveSome'>): Promise<string> {
  let received = '';
  for (let chunk; (chunk = textOf(await stream.receiveSome())) !== null;) received += chunk;
  return received;
}

describe('a shutdown', () => {
  it.each([false, true])(
    'SH-2: lets a response that has been ended be sent to its end, with TLS: %s',
    async (isTls) => {
      const authority = makeAuthority('Test CA');
      const trust = { ca: authority.cert, serverHostname: 'localhost', httpsCompatible: true };
      await realRun(() =>
        withHttpServer(
          (request, response) => void response.end(request.url === '/small' ? 'small' : Buffer.alloc(LARGE)),
          isTls ? { tls: authority.issue('localhost') } : {},
          async (server) => {
            const open = () =>
              isTls ? openTlsStream('127.0.0.1', server.port, trust) : openTcpStream('127.0.0.1', server.port);
            await using slow = await open();
            await using other = await open();
            await slow.sendAll(GET('/large'));
            const beginning = (await slow.receiveSome())!.length;
            await other.sendAll(GET('/small'));
            expect(textOf(await other.receiveSome())).toContain('small');
            server.nursery.cancelScope.shutdown();
            expect(await other.receiveSome()).toBeNull();
            await sleep(10);
            expect(server.hasReturned).toBe(false);
            expect(beginning + (await sizeOf(slow))).toBeGreaterThan(LARGE);
            while (!server.hasReturned) await sleep(1);
          },
        ),
      )();
    },
  );

  it(
    'SH-2: lets a response be sent to its end while other requests end',
    realRun(async () => {
      const mayEnd = new Event();
      const handler: HttpHandler = async (request, response) => {
        if (request.url === '/large') return void response.end(Buffer.alloc(LARGE));
        await mayEnd.wait();
        response.end('done');
      };
      await withHttpServer(handler, {}, async (server) => {
        await using slow = await openTcpStream('127.0.0.1', server.port);
        await using other = await openTcpStream('127.0.0.1', server.port);
        await other.sendAll(GET('/waits'));
        await slow.sendAll(GET('/large'));
        const beginning = (await slow.receiveSome())!.length;
        server.nursery.cancelScope.shutdown();
        mayEnd.set();
        expect(await allTextOf(other)).toContain('done');
        await sleep(10);
        expect(beginning + (await sizeOf(slow))).toBeGreaterThan(LARGE);
      });
    }),
  );

  it(
    'SH-2: closes a connection on which half a request has come',
    realRun(async () => {
      await withHttpServer(
        () => undefined,
        {},
        async (server) => {
          await using client = await openTcpStream('127.0.0.1', server.port);
          await client.sendAll('GET / HTTP/1.1\r\nho');
          await sleep(10);
          server.nursery.cancelScope.shutdown();
          await failAfter({ seconds: 30 }, async () => {
            expect(await client.receiveSome().catch(() => null)).toBeNull();
            while (!server.hasReturned) await sleep(1);
          });
        },
      );
    }),
  );

  it(
    'SH-2: lets all requests on a connection end that are under way, in order',
    realRun(async () => {
      const mayEnd = new Event();
      let begun = 0;
      const handler: HttpHandler = async (request, response) => {
        begun++;
        await mayEnd.wait();
        response.end(`answer to ${request.url}`);
      };
      await withHttpServer(handler, {}, async (server) => {
        await using client = await openTcpStream('127.0.0.1', server.port);
        await client.sendAll(GET('/1') + GET('/2') + GET('/3'));
        while (begun < 3) await sleep(1);
        server.nursery.cancelScope.shutdown();
        await sleep(5);
        mayEnd.set();
        const received = await allTextOf(client);
        expect(received.match(/answer to \/\d/g)).toEqual(['answer to /1', 'answer to /2', 'answer to /3']);
        expect(received.match(/connection: close/gi)).toHaveLength(1);
        while (!server.hasReturned) await sleep(1);
      });
    }),
  );
});

it(
  'SH-1: a request that has sent a part ends with the handlerNursery that is cancelled',
  realRun(async () => {
    const begun = new Event();
    const handler: HttpHandler = (_request, response) => {
      response.write('a part');
      begun.set();
    };
    await openNursery(async (outer) => {
      await openNursery(async (handlers) => {
        const [listener] = await outer.start<HttpListener[]>((taskStatus) =>
          serveHttp(handler, 0, { host: '127.0.0.1', handlerNursery: handlers, taskStatus }),
        );
        const client = await openTcpStream('127.0.0.1', listener!.port);
        outer.startSoon(async () => {
          expect(await allTextOf(client)).not.toContain('\r\n0\r\n');
          await client.close();
          outer.cancelScope.cancel();
        });
        await client.sendAll(GET());
        await begun.wait();
        // The handler has returned.
        await sleep(5);
        handlers.cancelScope.cancel();
      });
    });
  }),
);

it(
  'SH-1: with maxConnections, a connection that its client has closed while it waited takes no place',
  realRun(async () => {
    const gate = new Event();
    const handler: HttpHandler = async (_request, response) => {
      await gate.wait();
      response.end('done');
    };
    await withHttpServer(handler, { maxConnections: 1 }, async ({ port, get }) => {
      await using first = await openTcpStream('127.0.0.1', port);
      await first.sendAll('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
      const probe = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true }).resume();
      await once(probe, 'connect');
      probe.end();
      // The server closes its end, too, though the place is taken.
      await once(probe, 'close');
      gate.set();
      expect(await allTextOf(first)).toContain('done');
      expect((await get('/')).status).toBe(200);
    });
  }),
);

it(
  'SH-1: a request that comes before all addresses are open is served once they are',
  realRun(async () => {
    const errors = new HandlerErrors<IncomingMessage>('raise', 'serveHttp()');
    const served: unknown[] = [];
    const service = new HttpService(
      (request, response) => {
        served.push(request);
        response.emit('close');
      },
      errors,
      Infinity,
    );
    const request = { socket: new EventEmitter() } as never;
    const response = Object.assign(new EventEmitter(), { socket: {}, writableFinished: true }) as never;
    service.begin(request, response);
    await moveOnAfter(20, () => openNursery((nursery) => service.run(nursery, true, undefined)));
    expect(served).toEqual([request]);
  }),
);

it(
  'SH-1: a handler is not called for a client that has gone away before its task could begin',
  realRun(async () => {
    let isCalled = false;
    const handler: HttpHandler = () => void (isCalled = true);
    await openNursery(async (handlers) => {
      const postponed: (() => unknown)[] = [];
      const handlerNursery = {
        startSoon: (fn: (...args: never[]) => unknown, ...args: unknown[]) =>
          void postponed.push(() => handlers.startSoon(fn as () => unknown, ...(args as []))),
      } as never;
      await withHttpServer(handler, { handlerNursery }, async ({ port }) => {
        const client = createConnection({ port, host: '127.0.0.1' });
        client.write(GET());
        while (postponed.length === 0) await sleep(1);
        client.destroy();
        await sleep(20);
        for (const start of postponed) start();
      });
    });
    expect(isCalled).toBe(false);
  }),
);

it(
  'SH-1: serves HTTPS without a limit for handshakes',
  realRun(async () => {
    const authority = makeAuthority('Test CA');
    const options = { tls: authority.issue('localhost'), handshakeTimeout: Infinity };
    await withHttpServer(
      (_request, response) => void response.end('hello'),
      options,
      async ({ port }) => {
        const trust = { ca: authority.cert, serverHostname: 'localhost', httpsCompatible: true };
        await using client = await openTlsStream('127.0.0.1', port, trust);
        await client.sendAll('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
        expect(await allTextOf(client)).toContain('hello');
      },
    );
  }),
);
