import { expect, it, jest } from '@jest/globals';
import { ContextVar } from '@tercet/context';
import { currentTime, ExceptionGroup, openNursery, sleep, sleepForever } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { testRun, waitAllTasksBlocked } from '@tercet/testing';
import { AsyncLocalStorage } from 'node:async_hooks';
import { openTcpListeners, openTcpStream, serveListeners } from '../../src/index.ts';
import type { SocketListener } from '../../src/index.ts';
import { realRun, textOf } from '../system-clock.ts';
import { FakeListener } from './fake-listener.ts';

const errorWith = (code: string): Error => Object.assign(new Error(code), { code });

it(
  'G-103: runs a handler for each connection of each listener, and closes the stream after it',
  testRun(async () => {
    const listeners = [new FakeListener(), new FakeListener()];
    await openNursery(async (nursery) => {
      const started = await nursery.start<FakeListener[]>((taskStatus) =>
        serveListeners(async (stream) => stream.sendAll('hello'), listeners, { taskStatus }),
      );
      expect(started).toEqual(listeners);
      for (const listener of listeners) {
        const client = listener.connect();
        expect(textOf(await client.receiveSome())).toBe('hello');
        expect(await client.receiveSome()).toBeNull();
      }
      nursery.cancelScope.cancel();
    });
    expect(listeners.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  }),
);

it(
  'SRV-002: an error of accept other than exhaustion ends the server, unchanged, in groups',
  testRun(async () => {
    for (const error of [new TypeError('no'), errorWith('ECONNABORTED')]) {
      const listener = new FakeListener();
      listener.fail(error);
      const thrown = await serveListeners(() => undefined, [listener]).catch((e: unknown) => e);
      expect(thrown).toBeInstanceOf(ExceptionGroup);
      expect((thrown as ExceptionGroup).leaves()).toEqual([error]);
      expect(listener.isClosed).toBe(true);
    }
  }),
);

it.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])(
  'G-103: after %s it warns once, and tries again every 100 ms',
  (code) =>
    testRun(async () => {
      const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      const listener = new FakeListener();
      for (let i = 0; i < 3; i++) listener.fail(errorWith(code));
      let served = 0;
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          serveListeners(() => {
            served = currentTime();
            nursery.cancelScope.cancel();
          }, [listener]),
        );
        listener.connect();
      });
      expect(served).toBe(300);
      expect(warnings).toHaveBeenCalledTimes(1);
      expect(warnings.mock.calls[0]![0]).toContain(code);
    })(),
);

it(
  'G-103, R-19: with onHandlerError: "raise" an error of a handler ends the server, and the other handlers with it',
  testRun(async () => {
    const listener = new FakeListener();
    const error = new Error('boom');
    let ended = 0;
    const serving = openNursery(async (nursery) => {
      nursery.startSoon(() =>
        serveListeners(
          async (stream) => {
            try {
              if (textOf(await stream.receiveSome()) === 'fail') throw error;
              await sleepForever();
            } finally {
              ended++;
            }
          },
          [listener],
          { onHandlerError: 'raise' },
        ),
      );
      await listener.connect().sendAll('stay');
      await waitAllTasksBlocked();
      await listener.connect().sendAll('fail');
    });
    const thrown = await serving.catch((e: unknown) => e);
    expect((thrown as ExceptionGroup).leaves()).toEqual([error]);
    expect(ended).toBe(2);
  }),
);

it(
  'G-103: with a handlerNursery handlers live there, and outlive the server',
  testRun(async () => {
    const listener = new FakeListener();
    let handled = false;
    await openNursery(async (handlers) => {
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          serveListeners(
            async () => {
              await sleep(1000);
              handled = true;
            },
            [listener],
            { handlerNursery: handlers },
          ),
        );
        listener.connect();
        await waitAllTasksBlocked(5);
        nursery.cancelScope.cancel();
      });
      expect(listener.isClosed).toBe(true);
      expect(handled).toBe(false);
    });
    expect(handled).toBe(true);
  }),
);

it(
  'a connection is closed when its nursery is closed',
  testRun(async () => {
    const listener = new FakeListener();
    let closedNursery: Nursery | undefined = undefined;
    await openNursery((nursery) => void (closedNursery = nursery));
    const client = listener.connect();
    await expect(
      serveListeners(() => undefined, [listener], { handlerNursery: closedNursery as unknown as Nursery }),
    ).rejects.toThrow(ExceptionGroup);
    expect(await client.receiveSome()).toBeNull();
  }),
);

it(
  'maxConnections lets further connections wait',
  testRun(async () => {
    const listener = new FakeListener();
    let running = 0;
    let most = 0;
    let served = 0;
    await openNursery(async (nursery) => {
      nursery.startSoon(() =>
        serveListeners(
          async () => {
            most = Math.max(most, ++running);
            await sleep(10);
            running--;
            if (++served === 7) nursery.cancelScope.cancel();
          },
          [listener],
          { maxConnections: 2 },
        ),
      );
      for (let i = 0; i < 7; i++) listener.connect();
    });
    expect(served).toBe(7);
    expect(most).toBe(2);
    expect(currentTime()).toBe(40);
  }),
);

it(
  'a connection that waits for its turn is closed when the server ends',
  testRun(async () => {
    const listener = new FakeListener();
    let client: ReturnType<FakeListener['connect']>;
    await openNursery(async (nursery) => {
      nursery.startSoon(() => serveListeners(sleepForever, [listener], { maxConnections: 1 }));
      listener.connect();
      client = listener.connect();
      await waitAllTasksBlocked(5);
      nursery.cancelScope.cancel();
    });
    expect(await client!.receiveSome()).toBeNull();
  }),
);

it(
  'arguments are checked',
  testRun(async () => {
    await expect(serveListeners(7 as unknown as () => void, [])).rejects.toThrow(TypeError);
    await expect(serveListeners(() => undefined, [], { maxConnections: 0 })).rejects.toThrow(RangeError);
    await expect(serveListeners(() => undefined, [], { maxConnections: 1.5 })).rejects.toThrow(TypeError);
    await expect(serveListeners(() => undefined, [], { maxHandshakes: 0 })).rejects.toThrow(RangeError);
    await expect(serveListeners(() => undefined, [], { handshakeTimeout: -1 })).rejects.toThrow(RangeError);
    await expect(serveListeners(() => undefined, [], { onHandlerError: 'ignore' as 'raise' })).rejects.toThrow(
      TypeError,
    );
    const listener = new FakeListener();
    await expect(serveListeners(() => undefined, [listener], { maxConnections: 0 })).rejects.toThrow(RangeError);
    expect(listener.isClosed).toBe(true);
  }),
);

it(
  'D14: a handler, and all that it calls, sees its own context on interleaved connections',
  realRun(async () => {
    const storage = new AsyncLocalStorage<string>();
    const name = new ContextVar<string>('name');
    const seen: string[] = [];
    await openNursery(async (nursery) => {
      const [listener] = await nursery.start<SocketListener[]>(async (taskStatus) => {
        const listeners = await openTcpListeners(0, { host: '127.0.0.1' });
        await serveListeners(
          async (stream) => {
            const first = textOf(await stream.receiveSome())!;
            name.set(first);
            await storage.run(first, async () => {
              await stream.sendAll('ready');
              for await (const chunk of stream) {
                await stream.sendAll('ok');
                seen.push(`${textOf(chunk)}: ${name.get()} ${storage.getStore()}`);
              }
            });
          },
          listeners,
          { taskStatus },
        );
      });
      const connect = () => openTcpStream('127.0.0.1', listener!.port);
      await using one = await connect();
      await using two = await connect();
      await one.sendAll('one');
      await two.sendAll('two');
      for (const client of [one, two]) expect(textOf(await client.receiveSome())).toBe('ready');
      for (let i = 0; i < 2; i++) {
        for (const [client, text] of [
          [one, 'from one'],
          [two, 'from two'],
        ] as const) {
          await client.sendAll(text);
          await client.receiveSome();
        }
      }
      nursery.cancelScope.cancel();
    });
    expect(seen).toEqual(['from one: one one', 'from two: two two', 'from one: one one', 'from two: two two']);
  }),
);
