import { describe, expect, it } from '@jest/globals';
import { abandonable, abortable, openNursery } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { toDuplex } from '@tercet/streams';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { openTcpStream, openUnixSocket, serveTcp, serveUnix } from '../../src/index.ts';
import type { SocketListener, SocketStream } from '../../src/index.ts';
import { realRun, withSocketPath } from '../system-clock.ts';

const CLIENTS = 20;
const REQUESTS = 50;

/** Connects by a function of ours; HTTP of Node asks for a connection in an event. */
class StreamAgent extends Agent {
  readonly #connect: () => Promise<SocketStream>;
  readonly #nursery: Nursery;
  connections = 0;

  constructor(nursery: Nursery, connect: () => Promise<SocketStream>) {
    super({ keepAlive: true, maxSockets: 8 });
    this.#nursery = nursery;
    this.#connect = connect;
  }

  override createConnection(_options: unknown, done?: (error: Error | null, socket: Duplex) => void): undefined {
    this.connections++;
    this.#nursery.startSoon(async () => done!(null, toDuplex(await this.#connect())));
    return undefined;
  }
}

function makeServer(): Server {
  return createServer((incoming, outgoing) => {
    void text(incoming).then((body) => outgoing.end(`${incoming.method} ${incoming.url} ${body.length}`));
  });
}

function handlerFor(server: Server): (stream: SocketStream) => Promise<void> {
  return async (stream) => {
    const socket = toDuplex(stream);
    server.emit('connection', socket);
    await abandonable(once(socket, 'close'));
  };
}

async function exchange(agent: Agent, path: string, body: string): Promise<string> {
  return await abortable(async () => {
    const outgoing = request({ agent, path, method: 'POST' });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    return await text(incoming);
  });
}

async function load(nursery: Nursery, connect: () => Promise<SocketStream>): Promise<void> {
  const agent = new StreamAgent(nursery, connect);
  await openNursery((clients) => {
    for (let client = 0; client < CLIENTS; client++) {
      clients.startSoon(async () => {
        for (let i = 0; i < REQUESTS; i++) {
          const body = 'x'.repeat(i % 10 === 0 ? 100_000 : client);
          expect(await exchange(agent, `/${client}/${i}`, body)).toBe(`POST /${client}/${i} ${body.length}`);
        }
      });
    }
  });
  // Node does not count connections that are still being made, and closes those that are too many.
  expect(agent.connections).toBeLessThan((CLIENTS * REQUESTS) / 4);
  agent.destroy();
  nursery.cancelScope.cancel();
}

describe('HTTP of Node, as server and as client, serves many requests over connections that are kept', () => {
  it(
    'over TCP',
    realRun(() =>
      openNursery(async (nursery) => {
        const handler = handlerFor(makeServer());
        const [listener] = await nursery.start<SocketListener[]>((taskStatus) =>
          serveTcp(handler, 0, { host: '127.0.0.1', taskStatus }),
        );
        await load(nursery, () => openTcpStream('127.0.0.1', listener!.port));
        expect(listener!.dropped).toBe(0);
      }),
    ),
  );

  it(
    'over a Unix socket',
    realRun(() =>
      withSocketPath((path) =>
        openNursery(async (nursery) => {
          const handler = handlerFor(makeServer());
          const [listener] = await nursery.start<SocketListener[]>((taskStatus) =>
            serveUnix(handler, path, { taskStatus }),
          );
          await load(nursery, () => openUnixSocket(path));
          expect(listener!.dropped).toBe(0);
        }),
      ),
    ),
  );
});
