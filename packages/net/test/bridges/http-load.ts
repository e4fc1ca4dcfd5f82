import { expect } from '@jest/globals';
import { abandonable, abortable, openNursery } from '@tercet/core';
import type { Nursery, TaskStatus } from '@tercet/core';
import { toDuplex } from '@tercet/streams';
import type { Stream } from '@tercet/streams';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';

/** The transport of HTTP. */
export interface Transport<L> {
  serve(handler: (stream: Stream) => unknown, taskStatus: TaskStatus<L[]>): Promise<void>;
  connect(listener: L): Promise<Stream>;
}

/** How much is asked of it. */
export interface Load {
  /** How many clients there are, each of which sends one request after the other. */
  readonly clients: number;
  /** How many requests each of them sends; every tenth brings an upload along. */
  readonly requests: number;
  /** How large an upload is, in bytes. */
  readonly upload: number;
}

/** Connects by a function of ours; HTTP of Node asks for a connection in an event. */
class StreamAgent extends Agent {
  readonly #connect: () => Promise<Stream>;
  readonly #nursery: Nursery;
  connections = 0;

  constructor(nursery: Nursery, connect: () => Promise<Stream>) {
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

/**
 * Lets the server and the client of `node:http` talk over streams of ours, over connections that are kept, and checks every
 * answer.
 *
 * @returns how many there were.
 */
export async function serveHttpUnderLoad<L>(transport: Transport<L>, load: Load): Promise<number> {
  let answers = 0;
  await openNursery(async (nursery) => {
    const handler = handlerFor(makeServer());
    const [listener] = await nursery.start<L[]>((taskStatus) => transport.serve(handler, taskStatus));
    const agent = new StreamAgent(nursery, () => transport.connect(listener!));
    const upload = Buffer.alloc(load.upload, 'tercet');
    await openNursery((clients) => {
      for (let client = 0; client < load.clients; client++) {
        clients.startSoon(async () => {
          for (let i = 0; i < load.requests; i++) {
            const path = `/${client}/${i}`;
            const body = i % 10 === 0 ? upload.subarray(0, load.upload - client) : Buffer.from('x'.repeat(client));
            expect(await exchange(agent, path, body)).toBe(`POST ${path} ${digest(body)}`);
            answers++;
          }
        });
      }
    });
    // Node does not count connections that are still being made, and closes those that are too many.
    expect(agent.connections).toBeLessThan((load.clients * load.requests) / 2);
    agent.destroy();
    nursery.cancelScope.cancel();
  });
  return answers;
}

function makeServer(): Server {
  return createServer((incoming, outgoing) => {
    void buffer(incoming).then((body) => outgoing.end(`${incoming.method} ${incoming.url} ${digest(body)}`));
  });
}

function handlerFor(server: Server): (stream: Stream) => Promise<void> {
  return async (stream) => {
    const socket = toDuplex(stream);
    server.emit('connection', socket);
    await abandonable(new Promise((resolve) => void socket.once('close', resolve)));
  };
}

async function exchange(agent: Agent, path: string, body: Buffer): Promise<string> {
  return await abortable(async () => {
    const outgoing = request({ agent, path, method: 'POST' });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    return await text(incoming);
  });
}

function digest(body: Buffer): string {
  return createHash('sha1').update(body).digest('hex');
}
