import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  currentTime,
  ExceptionGroup,
  isCancelled,
  moveOnAfter,
  openNursery,
  sleep,
  sleepForever,
  StateError,
  TooSlowError,
} from '@tercet/core';
import type { Nursery } from '@tercet/core';
import type { Stream } from '@tercet/streams';
import { testRun, waitAllTasksBlocked } from '@tercet/testing';
import { connect } from 'node:net';
import { openTcpStream, serveListeners, serveTcp } from '../../src/index.ts';
import type { ServeOptions, SocketListener } from '../../src/index.ts';
import { realRun, textOf } from '../system-clock.ts';
import { FakeListener } from './fake-listener.ts';
import { FakeTlsListener, HastyListener, StubbornListener } from './fake-tls.ts';

let warn: jest.SpiedFunction<typeof process.emitWarning>;
beforeEach(() => {
  warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});
afterEach(() => warn.mockRestore());

const warnings = (): string[] => warn.mock.calls.map(([text]) => String(text));

/** Serves a listener while `body` runs; a client that sends something gets `served` back, or lets the handler fail. */
async function serving(
  listener: FakeListener,
  body: () => Promise<unknown>,
  options: ServeOptions = {},
  fail: (text: string | null) => unknown = (text) => {
    throw new Error(`boom ${text}`);
  },
): Promise<void> {
  await openNursery(async (nursery) => {
    nursery.startSoon(() =>
      serveListeners(
        async (stream: Stream) => {
          const text = textOf(await stream.receiveSome());
          if (text !== 'ask') await fail(text);
          await stream.sendAll('served');
        },
        [listener],
        options as ServeOptions<FakeListener>,
      ),
    );
    await body();
    nursery.cancelScope.cancel();
  });
}

async function ask(listener: FakeListener, text: string): Promise<string | null> {
  const client = listener.connect();
  await client.sendAll(text);
  return textOf(await client.receiveSome());
}

describe('R-19: errors of handlers', () => {
  it(
    'are reported as a warning; the connection is closed, and the others and the server go on',
    testRun(async () => {
      const listener = new FakeListener();
      await serving(listener, async () => {
        const patient = listener.connect();
        expect(await ask(listener, 'one')).toBeNull();
        expect(await ask(listener, 'ask')).toBe('served');
        await patient.sendAll('ask');
        expect(textOf(await patient.receiveSome())).toBe('served');
      });
      expect(warnings()).toEqual([expect.stringMatching(/handler has failed.*server goes on.*Error: boom one/)]);
      expect(warn.mock.calls[0]![1]).toMatchObject({
        type: 'TercetHandlerWarning',
        detail: expect.stringContaining(' at '),
      });
    }),
  );

  it(
    'are reported ten times a minute at most, and then how many were not',
    testRun(async () => {
      const clock = jest.spyOn(performance, 'now').mockReturnValue(1_000_000);
      try {
        const listener = new FakeListener();
        await serving(listener, async () => {
          for (let i = 0; i < 13; i++) await ask(listener, String(i));
          expect(warn).toHaveBeenCalledTimes(10);
          clock.mockReturnValue(1_060_000);
          await ask(listener, 'late');
        });
        expect(warnings().at(-1)).toMatch(/and 3 more times.*boom late/);
        expect(warn).toHaveBeenCalledTimes(11);
      } finally {
        clock.mockRestore();
      }
    }),
  );

  it(
    'go to a function, with the stream still open, and the server goes on',
    testRun(async () => {
      const listener = new FakeListener();
      const errors: unknown[] = [];
      const onHandlerError = async (error: unknown, stream: Stream): Promise<void> => {
        errors.push(error);
        await stream.sendAll('sorry');
      };
      await serving(
        listener,
        async () => {
          expect(await ask(listener, 'one')).toBe('sorry');
          expect(await ask(listener, 'ask')).toBe('served');
        },
        { onHandlerError },
      );
      expect(errors).toEqual([new Error('boom one')]);
      expect(warn).not.toHaveBeenCalled();
    }),
  );

  it(
    'end the server with what the function throws',
    testRun(async () => {
      const listener = new FakeListener();
      const worse = new TypeError('worse');
      const onHandlerError = (): never => {
        throw worse;
      };
      const error: unknown = await serving(listener, () => ask(listener, 'one').then(sleepForever), {
        onHandlerError,
      }).catch((thrown: unknown) => thrown);
      expect((error as ExceptionGroup).leaves()).toEqual([worse]);
      expect(listener.isClosed).toBe(true);
    }),
  );

  it(
    'of closing the stream are reported as well, and raised beside those of the handler',
    testRun(async () => {
      const listener = new StubbornListener();
      await serving(listener, () => ask(listener, 'ask').then(() => waitAllTasksBlocked()));
      expect(warnings()).toEqual([expect.stringMatching(/cannot be closed/)]);
      const another = new StubbornListener();
      const error: unknown = await serving(another, () => ask(another, 'one').then(sleepForever), {
        onHandlerError: 'raise',
      }).catch((thrown: unknown) => thrown);
      expect((error as ExceptionGroup).leaves().map(String)).toEqual(['Error: boom one', 'Error: cannot be closed']);
    }),
  );

  it(
    'while the server is being cancelled are reported, and do not keep it from ending',
    testRun(async () => {
      const listener = new FakeListener();
      const fail = async (): Promise<void> => {
        try {
          await sleepForever();
        } finally {
          // oxlint-disable-next-line no-unsafe-finally -- the test is about a cleanup that fails
          throw new Error('cleanup failed');
        }
      };
      await serving(
        listener,
        () =>
          listener
            .connect()
            .sendAll('stay')
            .then(() => waitAllTasksBlocked()),
        {},
        fail,
      );
      expect(warnings()).toEqual([expect.stringMatching(/cleanup failed/)]);
    }),
  );

  it(
    'of a client that resets its connection leave the other clients alone',
    realRun(async () => {
      await openNursery(async (nursery) => {
        const [listener] = await nursery.start<SocketListener[]>((taskStatus) =>
          serveTcp(
            async (stream) => {
              for await (const chunk of stream) await stream.sendAll(chunk);
            },
            0,
            { host: '127.0.0.1', taskStatus },
          ),
        );
        await using other = await openTcpStream('127.0.0.1', listener!.port);
        const rude = connect(listener!.port, '127.0.0.1');
        rude.on('error', () => undefined);
        rude.write(Buffer.alloc(8_000_000));
        await other.sendAll('x');
        await other.receiveSome();
        rude.resetAndDestroy();
        while (warn.mock.calls.length === 0) await sleep(5);
        await other.sendAll('still there?');
        expect(textOf(await other.receiveSome())).toBe('still there?');
        nursery.cancelScope.cancel();
      });
      expect(warnings()[0]).toMatch(/BrokenResourceError/);
    }),
  );
});

describe('C-2: a handler that ends with the Cancelled of something else', () => {
  // A promise that several await, which another task began and gave up.
  async function abandoned(): Promise<unknown> {
    let shared: Promise<never> | undefined = undefined;
    await moveOnAfter(1, async () => {
      shared = sleepForever();
      await shared;
    });
    return await shared!;
  }

  it(
    'has failed: that is reported, and the server goes on',
    testRun(async () => {
      const listener = new FakeListener();
      await serving(
        listener,
        async () => {
          expect(await ask(listener, 'one')).toBeNull();
          expect(await ask(listener, 'ask')).toBe('served');
        },
        {},
        abandoned,
      );
      expect(warnings()).toEqual([expect.stringMatching(/StateError.*nobody has cancelled it/)]);
    }),
  );

  it(
    'ends the server with an error where errors are raised, also inside a group',
    testRun(async () => {
      for (const fail of [
        abandoned,
        () => abandoned().catch((e: unknown) => Promise.reject(new AggregateError([e]))),
      ]) {
        const listener = new FakeListener();
        const error: unknown = await serving(
          listener,
          () => ask(listener, 'one').then(sleepForever),
          { onHandlerError: 'raise' },
          fail,
        ).catch((thrown: unknown) => thrown);
        const [leaf] = (error as ExceptionGroup).leaves() as [StateError];
        expect(leaf).toBeInstanceOf(StateError);
        const { cause } = leaf;
        expect(isCancelled(cause) || cause instanceof AggregateError).toBe(true);
      }
    }),
  );
});

describe('R-7: handshakes', () => {
  const welcome = (): void => undefined;

  it(
    'that take longer than 10 s are given up, and reported once a minute',
    testRun(async () => {
      const listener = new FakeTlsListener();
      await serving(listener, async () => {
        const silent = [listener.connect(), listener.connect()];
        for (const client of silent) expect(await client.receiveSome()).toBeNull();
        expect(currentTime()).toBe(10_000);
      });
      expect(warnings()).toEqual([expect.stringMatching(/handshake has failed.*TooSlowError/)]);
    }),
  );

  it(
    'that fail never end the server, unless a function throws',
    testRun(async () => {
      const listener = new FakeTlsListener();
      await serving(listener, () => ask(listener, 'x'), { onHandlerError: 'raise' });
      expect(warnings()).toEqual([expect.stringMatching(/no handshake/)]);
      const errors: unknown[] = [];
      const another = new FakeTlsListener();
      await serving(another, () => another.connect().receiveSome(), {
        handshakeTimeout: 5,
        onHandlerError: (error) => void errors.push(error),
      });
      expect(errors).toEqual([expect.any(TooSlowError)]);
    }),
  );

  it(
    'have limits of their own: clients that say nothing take no place of those that do, nor of another listener',
    testRun(async () => {
      const [tls, plain] = [new FakeTlsListener(), new FakeListener()];
      let running = 0;
      let most = 0;
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          serveListeners(
            async (stream: Stream) => {
              most = Math.max(most, ++running);
              await stream.receiveSome();
              running--;
            },
            [tls, plain],
            { maxConnections: 1, maxHandshakes: 3, onHandlerError: welcome },
          ),
        );
        for (let i = 0; i < 2; i++) tls.connect();
        const speaker = tls.connect();
        await speaker.sendAll('hello');
        await waitAllTasksBlocked();
        expect(running).toBe(1);
        plain.connect();
        await waitAllTasksBlocked();
        expect(running).toBe(2);
        // All places for handshakes are taken, the third one by a client that waits for a handler.
        const waiting = tls.connect();
        await waiting.sendAll('hello');
        tls.connect();
        await waitAllTasksBlocked();
        expect(running).toBe(2);
        expect(tls.accepts).toBe(5);
        await speaker.sendAll('bye');
        await waitAllTasksBlocked();
        expect(running).toBe(2);
        expect(tls.accepts).toBe(6);
        nursery.cancelScope.cancel();
      });
      expect(most).toBe(2);
    }),
  );
});

it(
  'N-12: a connection that arrives while the server and its nursery are closing is closed without an error',
  testRun(async () => {
    const listener = new HastyListener();
    let closed: Nursery | undefined = undefined;
    await openNursery((nursery) => void (closed = nursery));
    await openNursery(async (nursery) => {
      nursery.startSoon(() =>
        serveListeners(() => undefined, [listener], { handlerNursery: closed as unknown as Nursery }),
      );
      await waitAllTasksBlocked();
      listener.connect();
      nursery.cancelScope.cancel();
    });
    expect(listener.closes).toBe(1);
    expect(listener.isClosed).toBe(true);
  }),
);
