import { describe, expect, it } from '@jest/globals';
import { abandonable, abortable, openNursery } from '@tercet/core';
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
import type { HalfCloseableStream, ReceiveStream, SendStream } from '../../src/index.ts';

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
  'a duplex that is destroyed closes the stream, forcefully',
  testRun(async () => {
    const [one, two] = memoryStreamPair();
    const duplex = toDuplex(one);
    duplex.destroy();
    await abandonable(once(duplex, 'close'));
    expect(await two.receiveSome()).toBeNull();
  }),
);

it(
  'listeners are called in the context of who made the duplex',
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
  'a duplex emits timeout when nothing has been sent or received for so long',
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

it(
  'HTTP of Node runs on it as server and as client: many requests over connections that are kept',
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
