import { describe, expect, it } from '@jest/globals';
import { checkpoint, ExceptionGroup, isShuttingDown, openNursery, sleep, sleepForever } from '@tercet/core';
import type { CancelScope, TaskStatus } from '@tercet/core';
import { testRun, waitAllTasksBlocked } from '@tercet/testing';
import {
  openTcpStream,
  openTlsStream,
  openUnixSocket,
  serveListeners,
  serveTcp,
  serveTls,
  serveUnix,
} from '../../src/index.ts';
import type { SocketListener, SocketStream, TcpTlsListener } from '../../src/index.ts';
import { makeAuthority } from '../tls/certificates.ts';
import { realRun, textOf, withSocketPath } from '../system-clock.ts';
import { FakeListener } from './fake-listener.ts';

it(
  'SD-7: at a shutdown the listener is closed at once, a handler goes on, and the call returns when it has ended',
  testRun(async () => {
    const listener = new FakeListener();
    const seen: unknown[] = [];
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        seen.push(
          await serveListeners(async () => {
            await sleep(1000);
            seen.push(`handled, shutting down: ${isShuttingDown()}`);
          }, [listener]),
        );
      });
      listener.connect();
      await waitAllTasksBlocked();
      nursery.cancelScope.shutdown();
      await waitAllTasksBlocked();
      expect([listener.isClosed, seen.length]).toEqual([true, 0]);
    });
    expect(seen).toEqual(['handled, shutting down: true', undefined]);
  }),
);

it(
  'SD-7: a connection that waits for a place is closed at a shutdown, and not handled',
  testRun(async () => {
    const listener = new FakeListener();
    let handled = 0;
    await openNursery(async (nursery) => {
      const handler = async (): Promise<void> => {
        handled++;
        await sleep(1000);
      };
      nursery.startSoon(() => serveListeners(handler, [listener], { maxConnections: 1 }));
      listener.connect();
      const client = listener.connect();
      await waitAllTasksBlocked();
      nursery.cancelScope.shutdown();
      expect(await client.receiveSome()).toBeNull();
    });
    expect(handled).toBe(1);
  }),
);

it(
  'SD-7: when the grace is over, handlers are cancelled and streams closed',
  testRun(async () => {
    const listener = new FakeListener();
    let client: ReturnType<FakeListener['connect']>;
    await openNursery(async (nursery) => {
      nursery.startSoon(() => serveListeners(sleepForever, [listener]));
      client = listener.connect();
      await waitAllTasksBlocked();
      nursery.cancelScope.shutdown({ grace: 500 });
    });
    expect(await client!.receiveSome()).toBeNull();
  }),
);

it(
  'SD-7: a server that is started while the scope is shutting down closes its listener and returns',
  testRun(async () => {
    const listener = new FakeListener();
    await openNursery(async (nursery) => {
      nursery.cancelScope.shutdown();
      expect(await serveListeners(sleepForever, [listener])).toBeUndefined();
    });
    expect(listener.isClosed).toBe(true);
  }),
);

describe('SD-7: over real connections', () => {
  type Serve<L> = (
    handler: (stream: Pick<SocketStream, 'sendAll' | 'receiveSome'>) => unknown,
    status: TaskStatus<L[]>,
  ) => Promise<void>;

  /** A handler answers after the shutdown, when the server no longer listens. */
  async function answerAfterShutdown<L>(
    serve: Serve<L>,
    connect: (listener: L) => Promise<SocketStream>,
  ): Promise<boolean> {
    let returned = false;
    let listener: L;
    await openNursery(async (nursery) => {
      [listener] = (await nursery.start<L[]>(async (taskStatus) => {
        await serve(async (stream) => {
          await stream.sendAll('begun');
          await stream.sendAll((await stream.receiveSome())!);
        }, taskStatus);
        returned = true;
      })) as [L];
      await using client = await connect(listener);
      expect(textOf(await client.receiveSome())).toBe('begun');
      nursery.cancelScope.shutdown();
      await waitAllTasksBlocked();
      await expect(connect(listener)).rejects.toThrow(/ECONNREFUSED|ENOENT/);
      await client.sendAll('still here');
      expect(textOf(await client.receiveSome())).toBe('still here');
    });
    return returned;
  }

  it(
    'serveTcp lets handlers end',
    realRun(async () => {
      const hasReturned = await answerAfterShutdown<SocketListener>(
        (handler, taskStatus) => serveTcp(handler, 0, { host: '127.0.0.1', taskStatus }),
        ({ port }) => openTcpStream('127.0.0.1', port),
      );
      expect(hasReturned).toBe(true);
    }),
  );

  it(
    'serveUnix lets handlers end',
    realRun(async () => {
      const hasReturned = await withSocketPath((path) =>
        answerAfterShutdown<SocketListener>(
          (handler, taskStatus) => serveUnix(handler, path, { taskStatus }),
          () => openUnixSocket(path),
        ),
      );
      expect(hasReturned).toBe(true);
    }),
  );

  it(
    'serveTls lets handlers end, and closes connections in their handshake',
    realRun(async () => {
      const authority = makeAuthority('Test CA');
      let silent: SocketStream | undefined = undefined;
      const hasReturned = await answerAfterShutdown<TcpTlsListener>(
        (handler, taskStatus) =>
          serveTls(handler, 0, { ...authority.issue('localhost'), host: '127.0.0.1', taskStatus }),
        async ({ port }) => {
          silent ??= await openTcpStream('127.0.0.1', port);
          const options = { ca: authority.cert, serverHostname: 'localhost' };
          return (await openTlsStream('127.0.0.1', port, options)) as unknown as SocketStream;
        },
      );
      expect(hasReturned).toBe(true);
      expect(await silent!.receiveSome()).toBeNull();
      await silent!.close();
    }),
  );
});

it(
  'SRV-002: an error of accept is not lost when the server is cancelled while it closes the listener',
  testRun(async () => {
    const error = new TypeError('no');
    const listener = new FakeListener();
    const scopes: CancelScope[] = [];
    listener.close = async () => {
      scopes[0]!.cancel();
      await checkpoint();
    };
    listener.fail(error);
    const thrown = await openNursery(async (nursery) => {
      scopes.push(nursery.cancelScope);
      await serveListeners(() => undefined, [listener]);
    }).catch((e: unknown) => e);
    expect((thrown as ExceptionGroup).leaves()).toEqual([error]);
  }),
);

it(
  'SRV-002: errors of several listeners that fail at the same time are all reported',
  testRun(async () => {
    const listeners = [new FakeListener(), new FakeListener()];
    const errors = listeners.map((_, i) => new TypeError(`no ${i}`));
    listeners.forEach((listener, i) => listener.fail(errors[i]));
    // It is still closing when the other one has failed.
    listeners[1]!.close = async () => {
      for (let i = 0; i < 10; i++) await checkpoint();
    };
    const thrown = await serveListeners(() => undefined, listeners).catch((e: unknown) => e);
    expect((thrown as ExceptionGroup).leaves()).toEqual(errors);
  }),
);

it(
  'SRV-002: an error of accept and one of closing the listener are both reported',
  testRun(async () => {
    const errors = [new TypeError('accept'), new TypeError('close')];
    const listener = new FakeListener();
    listener.fail(errors[0]);
    listener.close = () => Promise.reject(errors[1]!);
    const thrown = await serveListeners(() => undefined, [listener]).catch((e: unknown) => e);
    expect((thrown as ExceptionGroup).leaves()).toEqual(errors);
  }),
);
