import { describe, expect, it, jest } from '@jest/globals';
import {
  abandonable,
  abortable,
  BrokenResourceError,
  CancelScope,
  checkpoint,
  ClosedResourceError,
  openNursery,
  run,
} from '@tercet/core';
import {
  halfCloseableStreamClauses,
  memoryStreamOneWayPair,
  memoryStreamPair,
  oneWayStreamClauses,
  testRun,
  waitAllTasksBlocked,
} from '@tercet/testing';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  fromDuplex,
  fromReadable,
  fromWebReadable,
  fromWebWritable,
  fromWritable,
  toDuplex,
  toReadable,
  toWebReadable,
  toWebWritable,
  toWritable,
} from '../../src/index.ts';
import type { HalfCloseableStream, ReceiveStream, Sendable, SendStream, Stream } from '../../src/index.ts';

const thereAndBack = (): [HalfCloseableStream, HalfCloseableStream] => {
  const [one, two] = memoryStreamPair();
  return [fromDuplex(toDuplex(one)), fromDuplex(toDuplex(two))];
};

const oneWay: Record<string, () => [SendStream, ReceiveStream]> = {
  'streams of Node': () => {
    const [send, receive] = memoryStreamOneWayPair();
    return [fromWritable(toWritable(send)), fromReadable(toReadable(receive))];
  },
  'streams of the web': () => {
    const [send, receive] = memoryStreamOneWayPair();
    return [fromWebWritable(toWebWritable(send)), fromWebReadable(toWebReadable(receive))];
  },
};

describe('G-80 to G-88: to a duplex of Node and back', () => {
  for (const { title, check } of halfCloseableStreamClauses) {
    it(
      `${title}`,
      testRun(() => check({ make: thereAndBack })),
    );
  }
});

describe.each(Object.entries(oneWay))('G-80 to G-88: to %s and back', (_name, make) => {
  for (const { title, check } of oneWayStreamClauses) {
    it(
      `${title}`,
      testRun(() => check({ make })),
    );
  }
});

it(
  'destroying a duplex closes its stream forcefully',
  testRun(async () => {
    const [one, two] = memoryStreamPair();
    const duplex = toDuplex(one);
    duplex.destroy();
    await abandonable(once(duplex, 'close'));
    expect(await two.receiveSome()).toBeNull();
  }),
);

it(
  'listeners are called in the context in which the duplex was made',
  testRun(async () => {
    const storage = new AsyncLocalStorage<string>();
    const [one, two] = memoryStreamPair();
    const seen: unknown[] = [];
    storage.run('mine', () => {
      const duplex = toDuplex(one);
      for (const event of ['data', 'end', 'close']) duplex.on(event, () => seen.push([event, storage.getStore()]));
      duplex.write('x', () => {
        seen.push(['written', storage.getStore()]);
        duplex.end();
      });
    });
    await two.sendAll('y');
    await two.sendEof();
    while ((await two.receiveSome()) !== null);
    await waitAllTasksBlocked(5);
    expect(seen).toHaveLength(4);
    expect(new Set(seen.map((entry) => (entry as string[])[1]))).toEqual(new Set(['mine']));
  }),
);

it(
  'a duplex emits timeout when nothing has been sent or received for the given time',
  testRun(async () => {
    const [one, two] = memoryStreamPair();
    const duplex = toDuplex(one) as Duplex & { setTimeout(milliseconds: number, listener?: () => void): unknown };
    let timedOut = 0;
    duplex.setTimeout(5, () => timedOut++);
    await abandonable(once(duplex, 'timeout'));
    expect(timedOut).toBe(1);
    duplex.destroy();
    await two.close();
  }),
);

/** A stream in memory without `sendEof`, which can only be closed as a whole. */
class WholeStream implements Stream {
  readonly record: string[] = [];
  readonly #inner: HalfCloseableStream;

  constructor(inner: HalfCloseableStream) {
    this.#inner = inner;
  }

  async sendAll(data: Sendable): Promise<void> {
    this.record.push(`sendAll ${Buffer.from(data as Uint8Array).toString()}`);
    await this.#inner.sendAll(data);
  }

  waitSendAllMightNotBlock(): Promise<void> {
    return this.#inner.waitSendAllMightNotBlock();
  }

  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#inner.receiveSome(maxBytes);
  }

  close(): Promise<void> {
    this.record.push('close');
    return this.#inner.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#inner[Symbol.asyncIterator]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

it(
  'ending a duplex over a stream without sendEof closes the stream, and also ends the readable side',
  testRun(async () => {
    const [one, two] = memoryStreamPair();
    const duplex = toDuplex(new WholeStream(one));
    const ended = new Promise<string>((resolve, reject) => {
      duplex
        .on('error', reject)
        .on('end', () => resolve('ended'))
        .resume();
    });
    duplex.end('last');
    expect(await abandonable(ended)).toBe('ended');
    expect(Buffer.from((await two.receiveSome())!).toString()).toBe('last');
    expect(await two.receiveSome()).toBeNull();
  }),
);

it(
  'an error of receiving after the duplex has ended is reported, unless the end itself has caused it',
  testRun(async () => {
    const [one, two] = memoryStreamPair();
    const duplex = toDuplex(one);
    const broken = once(duplex, 'error');
    duplex.resume().end();
    expect(await two.receiveSome()).toBeNull();
    one.receiveStream.receiveSomeHook = () => {
      throw new BrokenResourceError('cut');
    };
    await two.sendAll('x');
    expect(await abandonable(broken)).toEqual([expect.objectContaining({ message: 'cut' })]);
  }),
);

it(
  'writes are sent once and in order, whether or not a task was waiting for them',
  testRun(async () => {
    const [one, two] = memoryStreamPair();
    const stream = new WholeStream(one);
    const duplex = toDuplex(stream);
    duplex.write('a');
    await waitAllTasksBlocked(5);
    duplex.write('b');
    await waitAllTasksBlocked(5);
    duplex.end();
    await waitAllTasksBlocked(5);
    expect(stream.record.filter((entry) => entry.startsWith('sendAll'))).toEqual(['sendAll a', 'sendAll b']);
    duplex.destroy();
    await two.close();
  }),
);

it('C-3: a duplex that is open when the run ends gets an error that says so, not a group', async () => {
  let failed: Promise<unknown> | undefined;
  await run(async () => {
    const [one] = memoryStreamPair();
    const duplex = toDuplex(one);
    failed = once(duplex, 'error');
    duplex.resume();
    await waitAllTasksBlocked(5);
  });
  expect(await failed).toEqual([new ClosedResourceError('the run of the stream has ended')]);
});

describe('the timeout of a duplex', () => {
  type WithTimeout = Duplex & { setTimeout(milliseconds: number, listener?: () => void): WithTimeout };
  // The bridge refreshes a timer of Node. The tests look at that timer, so no time has to pass.
  const refreshesOf = async (use: (duplex: WithTimeout, peer: HalfCloseableStream) => unknown): Promise<number> => {
    const refresh = jest.spyOn(timerPrototype, 'refresh');
    const [one, two] = memoryStreamPair();
    const duplex = (toDuplex(one) as WithTimeout).setTimeout(1e6);
    await waitAllTasksBlocked(5);
    const before = refresh.mock.calls.length;
    await use(duplex, two);
    await waitAllTasksBlocked(5);
    const count = refresh.mock.calls.length - before;
    refresh.mockRestore();
    duplex.destroy();
    await two.close();
    return count;
  };
  const timer = setTimeout(() => undefined);
  clearTimeout(timer);
  const timerPrototype = Object.getPrototypeOf(timer) as NodeJS.Timeout;

  it(
    'starts again with each write and each read',
    testRun(async () => {
      expect(await refreshesOf(() => undefined)).toBe(0);
      expect(await refreshesOf((duplex) => duplex.write('x'))).toBe(1);
      expect(await refreshesOf((duplex, peer) => (duplex.resume(), peer.sendAll('y')))).toBe(1);
    }),
  );

  it(
    'is 0 to remove its listener',
    testRun(async () => {
      const [one, two] = memoryStreamPair();
      const duplex = toDuplex(one) as WithTimeout;
      const listener = (): void => undefined;
      duplex.setTimeout(1000, listener);
      expect(duplex.listenerCount('timeout')).toBe(1);
      duplex.setTimeout(0, listener);
      expect(duplex.listenerCount('timeout')).toBe(0);
      duplex.destroy();
      await two.close();
    }),
  );

  it(
    'is emitted in the context in which the duplex was made',
    testRun(async () => {
      const storage = new AsyncLocalStorage<string>();
      const [one, two] = memoryStreamPair();
      const duplex = storage.run('maker', () => toDuplex(one) as WithTimeout);
      const seen = new Promise((resolve) => duplex.on('timeout', () => resolve(storage.getStore())));
      storage.run('somebody else', () => duplex.setTimeout(1));
      expect(await abandonable(seen)).toBe('maker');
      duplex.destroy();
      await two.close();
    }),
  );
});

it(
  'C-2: a Cancelled of another scope that the stream throws becomes an error of the duplex',
  testRun(async () => {
    const scope = new CancelScope();
    scope.cancel();
    const foreign = await scope.run(() => checkpoint().catch((error: unknown) => error));
    const [one, two] = memoryStreamPair();
    const stream = new WholeStream(one);
    stream.receiveSome = () => Promise.reject(foreign);
    const duplex = toDuplex(stream);
    const failed = once(duplex, 'error');
    duplex.resume();
    expect(await abandonable(failed)).toEqual([foreign]);
    await two.close();
  }),
);

it(
  'HTTP of Node runs over it as server and as client, with many requests over connections that are kept alive',
  testRun(async () => {
    const server = createServer((incoming, outgoing) => {
      void text(incoming).then((body) => outgoing.end(`${incoming.method} ${incoming.url} ${body.length}`));
    });
    const duplexes: Duplex[] = [];
    class MemoryAgent extends Agent {
      override createConnection(): Duplex {
        const [client, peer] = memoryStreamPair();
        const [near, far] = [toDuplex(client), toDuplex(peer)];
        server.emit('connection', far);
        duplexes.push(near, far);
        return near;
      }
    }
    const agent = new MemoryAgent({ keepAlive: true, maxSockets: 4 });
    const send = (path: string, body: string): Promise<string> =>
      abortable(async () => {
        const outgoing = request({ agent, path, method: 'POST' });
        outgoing.end(body);
        const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
        return await text(incoming);
      });
    await openNursery((nursery) => {
      for (let client = 0; client < 10; client++) {
        nursery.startSoon(async () => {
          for (let i = 0; i < 20; i++) {
            const body = 'x'.repeat((client * 977 * i) % 200_000);
            expect(await send(`/${client}/${i}`, body)).toBe(`POST /${client}/${i} ${body.length}`);
          }
        });
      }
    });
    expect(duplexes.length).toBeLessThanOrEqual(8);
    agent.destroy();
    server.close();
    await waitAllTasksBlocked(5);
  }),
);
