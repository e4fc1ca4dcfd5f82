import { describe, expect, it, jest } from '@jest/globals';
import { ContextVar } from '@tercet/context';
import { all, Cancelled, ExceptionGroup, isCancelled, openNursery, sleep, sleepForever } from '@tercet/core';
import { currentTask } from '@tercet/core/lowlevel';
import { Event } from '@tercet/sync';
import { waitAllTasksBlocked } from '@tercet/testing';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { openTcpStream, openTlsStream, serveHttp } from '../../src/index.ts';
import type { HttpHandler, SocketStream } from '../../src/index.ts';
import { makeAuthority } from '../tls/certificates.ts';
import { realRun, textOf } from '../system-clock.ts';
import { withHttpServer } from './client.ts';

/** Everything that comes until the end. */
async function allTextOf(stream: Pick<SocketStream, 'receiveSome'>): Promise<string> {
  let received = '';
  for (let chunk; (chunk = textOf(await stream.receiveSome())) !== null;) received += chunk;
  return received;
}

/** A handler that waits until it is cancelled, and keeps why. */
function waitingHandler(begun: Event = new Event()): { handler: HttpHandler; begun: Event; reasons: Cancelled[] } {
  const reasons: Cancelled[] = [];
  const handler: HttpHandler = async () => {
    begun.set();
    try {
      await sleepForever();
    } catch (error) {
      if (isCancelled(error)) reasons.push(error);
      throw error;
    }
  };
  return { handler, begun, reasons };
}

describe('requests', () => {
  it(
    'SH-1: each request has a separate task, below the nursery of the server',
    realRun(async () => {
      const tasks = new Set<unknown>();
      await withHttpServer(
        async (request, response) => {
          tasks.add(currentTask());
          await sleep(0);
          response.end(`${request.method} ${request.url}`);
        },
        {},
        async ({ get }) => {
          expect(await get('/one')).toMatchObject({ status: 200, body: 'GET /one' });
          expect(await get('/two', { method: 'POST', body: 'x' })).toMatchObject({ status: 200, body: 'POST /two' });
        },
      );
      expect(tasks.size).toBe(2);
    }),
  );

  it(
    'SH-1: each request has its own copy of the context values of the server',
    realRun(async () => {
      const user = new ContextVar<string>('user', { default: 'nobody' });
      user.set('server');
      await withHttpServer(
        async (request, response) => {
          const before = user.get();
          user.set(request.url!);
          await sleep(1);
          response.end(`${before} ${user.get()}`);
        },
        {},
        async ({ get }) => {
          const paths = Array.from({ length: 50 }, (_, i) => `/${i}`);
          const answers = await all(paths.map((path) => () => get(path)));
          expect(answers.map(({ body }) => body)).toEqual(paths.map((path) => `server ${path}`));
          expect(user.get()).toBe('server');
        },
      );
    }),
  );

  it(
    'SH-1: the task of a request lives until the response has ended, also when the handler has returned before',
    realRun(async () => {
      await openNursery(async (handlers) => {
        const tasksAtEnd: number[] = [];
        const handler: HttpHandler = (_request, response) => {
          // As a framework does it.
          setImmediate(() => {
            tasksAtEnd.push(handlers.childTasks.size);
            response.end('later');
          });
        };
        await withHttpServer(handler, { handlerNursery: handlers }, async ({ get }) => {
          expect((await get('/')).body).toBe('later');
          while (handlers.childTasks.size > 0) await sleep(1);
        });
        expect(tasksAtEnd).toEqual([1]);
      });
    }),
  );

  it(
    'SH-1: a client that goes away cancels the work of its request, with source signal and a reason',
    realRun(async () => {
      const { handler, begun, reasons } = waitingHandler();
      await withHttpServer(handler, {}, async ({ port }) => {
        const client = await openTcpStream('127.0.0.1', port);
        await client.sendAll('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
        await begun.wait();
        await client.close();
        while (reasons.length === 0) await sleep(1);
      });
      expect(reasons.map(({ source, reason }) => [source, reason])).toEqual([['signal', 'client disconnected']]);
    }),
  );

  it.each(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])(
    'SH-1: a handler that fails with %s because its client has gone away has not failed',
    async (code) => {
      await realRun(async () => {
        const { handler, begun, reasons } = waitingHandler();
        const failing: HttpHandler = async (request, response) => {
          try {
            await handler(request, response);
          } catch (cause) {
            throw Object.assign(new Error(`write ${code}`, { cause }), { code });
          }
        };
        await withHttpServer(failing, { onHandlerError: 'raise' }, async ({ port }) => {
          const client = await openTcpStream('127.0.0.1', port);
          await client.sendAll('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
          await begun.wait();
          await client.close();
          while (reasons.length === 0) await sleep(1);
        });
        // With 'raise', an error of the handler would have ended the server before.
        expect(reasons).toHaveLength(1);
      })();
    },
  );

  it(
    'SH-1: a client that goes away cancels also the requests that wait behind the first one on its connection',
    realRun(async () => {
      const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      const reasons: Cancelled[] = [];
      await withHttpServer(
        async () => {
          try {
            await sleepForever();
          } catch (error) {
            if (isCancelled(error)) reasons.push(error);
            throw error;
          }
        },
        {},
        async ({ port }) => {
          const client = await openTcpStream('127.0.0.1', port);
          await client.sendAll('GET /1 HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(20));
          await waitAllTasksBlocked(20);
          await client.close();
          while (reasons.length < 20) await sleep(1);
        },
      );
      expect(reasons.map(({ reason }) => reason)).toEqual(Array(20).fill('client disconnected'));
      expect(warnings.mock.calls).toEqual([]);
    }),
  );

  it(
    'SH-1: a client that goes away is not reported, also when its upload fails for it',
    realRun(async () => {
      const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      const ended = new Event();
      const begun = new Event();
      await withHttpServer(
        async (request) => {
          begun.set();
          try {
            for await (const _ of request);
          } finally {
            ended.set();
          }
        },
        {},
        async ({ port }) => {
          const client = await openTcpStream('127.0.0.1', port);
          await client.sendAll('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nx');
          await begun.wait();
          await client.close();
          await ended.wait();
          await waitAllTasksBlocked(20);
        },
      );
      expect(warnings.mock.calls).toEqual([]);
    }),
  );
});

describe('timeout', () => {
  it(
    'SH-1: answers 503 when nothing has been sent, without the headers that the handler has set, and cancels',
    realRun(async () => {
      const { handler, reasons } = waitingHandler();
      await withHttpServer(
        (request, response) => {
          response.setHeader('content-length', 1000).setHeader('set-cookie', 'a=b');
          return handler(request, response);
        },
        { timeout: 10 },
        async ({ get }) => {
          const { status, body, headers } = await get('/');
          expect([status, body, headers['set-cookie']]).toEqual([503, 'Service Unavailable', undefined]);
        },
      );
      expect(reasons.map(({ source }) => source)).toEqual(['deadline']);
    }),
  );

  it(
    'SH-1: answers 503 also while the handler waits for something that cannot be cancelled, and what it writes then is lost',
    realRun(async () => {
      const gate = new Event();
      let hasWritten = false;
      await withHttpServer(
        async (_request, response) => {
          // Not an operation of ours.
          await new Promise((resolve) => void (release = resolve));
          response.write('late');
          response.end('late');
          hasWritten = true;
        },
        { timeout: 10 },
        async ({ get, nursery }) => {
          expect((await get('/')).status).toBe(503);
          expect(hasWritten).toBe(false);
          release();
          await nursery.start<void>(async (taskStatus) => {
            while (!hasWritten) await sleep(1);
            taskStatus.started();
          });
          // The connection still works.
          gate.set();
        },
      );
      expect(gate.isSet).toBe(true);
    }),
  );

  let release: (value?: unknown) => void;

  it(
    'SH-1: cuts the connection off when something has been sent',
    realRun(async () => {
      await withHttpServer(
        async (_request, response) => {
          response.write('a part');
          await sleepForever();
        },
        { timeout: 50 },
        async ({ port }) => {
          await using client = await openTcpStream('127.0.0.1', port);
          await client.sendAll('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
          const received = await allTextOf(client);
          expect(received).toContain('a part');
          // The last chunk is missing.
          expect(received).not.toContain('\r\n0\r\n');
        },
      );
    }),
  );

  it.each<[string, HttpHandler]>([
    ['has returned', (_request, response) => void response.write('a part')],
    [
      'waits for something that cannot be cancelled',
      async (_request, response) => {
        response.write('a part');
        await once(response, 'close');
      },
    ],
  ])('SH-1: cuts the connection off when something has been sent and the handler %s', async (_how, handler) => {
    await realRun(() =>
      withHttpServer(handler, { timeout: 50 }, async ({ port }) => {
        await using client = await openTcpStream('127.0.0.1', port);
        await client.sendAll('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
        const received = await allTextOf(client);
        expect(received).toContain('a part');
        expect(received).not.toContain('\r\n0\r\n');
      }),
    )();
  });

  it(
    'SH-1: does not wait for a client that does not read',
    realRun(async () => {
      let ended = 0;
      await withHttpServer(
        (_request, response) => {
          response.on('close', () => ended++);
          response.end(Buffer.alloc(32 << 20));
        },
        { timeout: 100 },
        async ({ port }) => {
          await using client = await openTcpStream('127.0.0.1', port);
          await client.sendAll('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
          while (ended === 0) await sleep(5);
        },
      );
      expect(ended).toBe(1);
    }),
  );
});

describe('an error of the handler', () => {
  it(
    'SH-1: answers 500 and is reported, and the server goes on, over the same connection',
    realRun(async () => {
      const errors: [unknown, string | undefined][] = [];
      const error = new Error('boom');
      await withHttpServer(
        (request, response) => {
          response.setHeader('x-secret', '1');
          if (request.url === '/bad') throw error;
          response.end('good');
        },
        { onHandlerError: (thrown, request: IncomingMessage) => void errors.push([thrown, request.url]) },
        async ({ get }) => {
          const { status, body, headers } = await get('/bad');
          expect([status, body, headers['x-secret']]).toEqual([500, 'Internal Server Error', undefined]);
          expect((await get('/')).body).toBe('good');
        },
      );
      expect(errors).toEqual([[error, '/bad']]);
    }),
  );

  it(
    'SH-1: is a process warning when onHandlerError is left out',
    realRun(async () => {
      const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      await withHttpServer(
        async () => {
          await sleep(0);
          throw new Error('boom');
        },
        {},
        async ({ get }) => {
          expect((await get('/')).status).toBe(500);
        },
      );
      expect(warnings).toHaveBeenCalledTimes(1);
      expect(warnings.mock.calls[0]![0]).toContain('boom');
    }),
  );

  it(
    "SH-1: ends the server with onHandlerError: 'raise', after the answer",
    realRun(async () => {
      const error = new Error('boom');
      let received = '';
      let thrown: unknown = undefined;
      await openNursery(async (outer) => {
        const serving = withHttpServer(
          () => Promise.reject(error),
          { onHandlerError: 'raise' },
          async ({ port }) => {
            const client = await openTcpStream('127.0.0.1', port);
            await client.sendAll('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
            outer.startSoon(async () => {
              received = await allTextOf(client);
              await client.close();
            });
            await sleepForever();
          },
        );
        thrown = await serving.catch((e: unknown) => e);
      });
      expect(received).toMatch(/^HTTP\/1.1 500 /);
      expect((thrown as ExceptionGroup).leaves()).toEqual([error]);
    }),
  );

  it(
    'SH-1: cuts the connection off when something has been sent',
    realRun(async () => {
      await withHttpServer(
        (_request, response) => {
          response.write('a part');
          throw new Error('boom');
        },
        { onHandlerError: () => undefined },
        async ({ port }) => {
          await using client = await openTcpStream('127.0.0.1', port);
          await client.sendAll('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
          expect(await allTextOf(client)).not.toContain('\r\n0\r\n');
        },
      );
    }),
  );

  it(
    'SH-1: the Cancelled of something else is a failure too',
    realRun(async () => {
      const errors: unknown[] = [];
      await withHttpServer(
        () => Promise.reject(foreign),
        { onHandlerError: (error) => void errors.push(error) },
        async ({ get, nursery }) => {
          const other = nursery.startSoon(sleepForever);
          await sleep(0);
          other.cancel();
          foreign = await other.result().catch((error: unknown) => error);
          expect((await get('/')).status).toBe(500);
        },
      );
      expect(errors).toHaveLength(1);
      expect(isCancelled(errors[0])).toBe(false);
    }),
  );

  let foreign: unknown;
});

describe('shutdown', () => {
  it(
    'SH-2: stops listening and closes idle and silent connections at once, and lets a running request end',
    realRun(async () => {
      const begun = new Event();
      const mayEnd = new Event();
      await withHttpServer(
        async (request, response) => {
          if (request.url === '/slow') {
            begun.set();
            await mayEnd.wait();
          }
          response.end('done');
        },
        {},
        async (server) => {
          await using silent = await openTcpStream('127.0.0.1', server.port);
          await using idle = await openTcpStream('127.0.0.1', server.port);
          await idle.sendAll('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
          expect(textOf(await idle.receiveSome())).toContain('done');
          const slow = server.nursery.startSoon(() => server.get('/slow'));
          await begun.wait();
          server.nursery.cancelScope.shutdown();
          expect([await silent.receiveSome(), await idle.receiveSome()]).toEqual([null, null]);
          await expect(openTcpStream('127.0.0.1', server.port)).rejects.toThrow('ECONNREFUSED');
          expect([server.hasReturned, slow.state]).toEqual([false, 'running']);
          mayEnd.set();
          expect(await slow.result()).toMatchObject({ status: 200, body: 'done', headers: { connection: 'close' } });
          while (!server.hasReturned) await sleep(1);
        },
      );
    }),
  );

  it(
    'SH-2: a connection whose response had begun before the shutdown is closed after it',
    realRun(async () => {
      const mayEnd = new Event();
      await withHttpServer(
        async (_request, response) => {
          response.write('begun ');
          await mayEnd.wait();
          response.end('done');
        },
        { server: { keepAliveTimeout: 1_000_000 } },
        async (server) => {
          await using client = await openTcpStream('127.0.0.1', server.port);
          await client.sendAll('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
          expect(textOf(await client.receiveSome())).toContain('keep-alive');
          server.nursery.cancelScope.shutdown();
          await waitAllTasksBlocked();
          mayEnd.set();
          expect(await allTextOf(client)).toContain('done');
          while (!server.hasReturned) await sleep(1);
        },
      );
    }),
  );

  it(
    'SH-2: when the grace is over, requests are cancelled and answered 503',
    realRun(async () => {
      const { handler, begun, reasons } = waitingHandler();
      let received = '';
      await openNursery(async (outer) => {
        await withHttpServer(handler, {}, async ({ port, nursery }) => {
          const client = await openTcpStream('127.0.0.1', port);
          await client.sendAll('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
          outer.startSoon(async () => {
            received = await allTextOf(client);
            await client.close();
          });
          await begun.wait();
          nursery.cancelScope.shutdown({ grace: 20 });
          await sleepForever();
        });
      });
      expect(received).toMatch(/^HTTP\/1.1 503 /);
      expect(reasons.map(({ source }) => source)).toEqual(['shutdown']);
    }),
  );

  it(
    'SH-2: a server that is cancelled leaves nothing behind, and its requests get 503',
    realRun(async () => {
      const { handler, begun } = waitingHandler();
      let received = '';
      await openNursery(async (outer) => {
        let port = 0;
        await openNursery(async (nursery) => {
          const [listener] = await nursery.start<{ port: number }[]>((taskStatus) =>
            serveHttp(handler, 0, { host: '127.0.0.1', taskStatus }),
          );
          ({ port } = listener!);
          const client = await openTcpStream('127.0.0.1', port);
          outer.startSoon(async () => {
            received = await allTextOf(client);
            await client.close();
          });
          await client.sendAll('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
          await begun.wait();
          nursery.cancelScope.cancel();
        });
        await expect(openTcpStream('127.0.0.1', port)).rejects.toThrow('ECONNREFUSED');
      });
      expect(received).toMatch(/^HTTP\/1.1 503 /);
    }),
  );
});

it(
  'SH-1: serves HTTPS with the tls option, and SH-2: closes connections in their handshake at a shutdown',
  realRun(async () => {
    const authority = makeAuthority('Test CA');
    await withHttpServer(
      async (request, response) => {
        await sleep(0);
        response.end(`${'encrypted' in request.socket}`);
      },
      { tls: authority.issue('localhost') },
      async (server) => {
        await using silent = await openTcpStream('127.0.0.1', server.port);
        await using client = await openTlsStream('127.0.0.1', server.port, {
          ca: authority.cert,
          serverHostname: 'localhost',
          httpsCompatible: true,
        });
        await client.sendAll('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
        expect(textOf(await client.receiveSome())).toContain('true');
        server.nursery.cancelScope.shutdown();
        expect([await silent.receiveSome(), await client.receiveSome()]).toEqual([null, null]);
        while (!server.hasReturned) await sleep(1);
      },
    );
  }),
);

it(
  'SH-1: maxConnections lets further connections wait',
  realRun(async () => {
    let running = 0;
    let most = 0;
    await withHttpServer(
      async (request, response) => {
        most = Math.max(most, ++running);
        const body = await text(request);
        running--;
        response.end(body);
      },
      { maxConnections: 2 },
      async ({ get }) => {
        const options = { agent: false as const, method: 'POST' };
        const bodies = Array.from({ length: 7 }, (_, i) => `${i}`);
        const answers = await all(bodies.map((body) => () => get('/', { ...options, body })));
        expect(answers.map(({ body }) => body)).toEqual(bodies);
      },
    );
    expect(most).toBeLessThanOrEqual(2);
  }),
);

it(
  'SH-1: maxConnections lets further connections wait over TLS too',
  realRun(async () => {
    const authority = makeAuthority('Test CA');
    const options = { ca: authority.cert, serverHostname: 'localhost', httpsCompatible: true };
    await withHttpServer(
      (request, response) => void response.end(`hello, ${request.url}`),
      { tls: authority.issue('localhost'), maxConnections: 1 },
      async ({ port }) => {
        for (const path of ['/1', '/2', '/3']) {
          await using client = await openTlsStream('127.0.0.1', port, options);
          await using waiting = await openTcpStream('127.0.0.1', port);
          await client.sendAll(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
          expect(await allTextOf(client)).toContain(`hello, ${path}`);
          // It is not a TLS client, and must not keep its place.
          await waiting.close();
        }
      },
    );
  }),
);

it(
  'SH-1: with a handlerNursery a request outlives the server',
  realRun(async () => {
    const begun = new Event();
    const mayEnd = new Event();
    await openNursery(async (handlers) => {
      let answer: Promise<string> | undefined = undefined;
      await withHttpServer(
        async (_request, response) => {
          begun.set();
          await mayEnd.wait();
          response.end('done');
        },
        { handlerNursery: handlers },
        async ({ port }) => {
          const client = await openTcpStream('127.0.0.1', port);
          await client.sendAll('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
          await begun.wait();
          answer = undefined;
          handlers.startSoon(async () => {
            expect(await allTextOf(client)).toContain('done');
            await client.close();
          });
        },
      );
      expect(answer).toBeUndefined();
      mayEnd.set();
    });
  }),
);

it(
  'SH-1: arguments are checked',
  realRun(async () => {
    const handler: HttpHandler = () => undefined;
    await expect(serveHttp(7 as unknown as HttpHandler, 0)).rejects.toThrow(TypeError);
    await expect(serveHttp(handler, 70_000)).rejects.toThrow(RangeError);
    await expect(serveHttp(handler, 0, { timeout: -1 })).rejects.toThrow(RangeError);
    await expect(serveHttp(handler, 0, { maxConnections: 0 })).rejects.toThrow(RangeError);
    await expect(serveHttp(handler, 0, { onHandlerError: 'ignore' as 'raise' })).rejects.toThrow(TypeError);
    await expect(serveHttp(handler, 0, { tls: {} })).rejects.toThrow(TypeError);
  }),
);
