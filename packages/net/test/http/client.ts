import { abortable, openNursery } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';
import { serveHttp } from '../../src/index.ts';
import type { HttpHandler, HttpListener, ServeHttpOptions } from '../../src/index.ts';

/** The response that a client has received. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

/** A server that runs in a nursery of the test, and clients of `node:http`. */
export interface TestServer {
  readonly port: number;
  readonly nursery: Nursery;
  /** Whether `serveHttp` has returned. */
  readonly hasReturned: boolean;
  /** Sends a request, over a connection that is kept, and waits for the response. */
  readonly get: (path: string, options?: RequestOptions & { body?: string }) => Promise<Answer>;
  /** The agent that keeps the connections. */
  readonly agent: Agent;
}

/** Serves on a free port while `body` runs, and cancels the server then, if it has not ended. */
export async function withHttpServer<T>(
  handler: HttpHandler,
  options: ServeHttpOptions,
  body: (server: TestServer) => Promise<T>,
): Promise<T> {
  const agent = new Agent({ keepAlive: true });
  let result: T;
  try {
    await openNursery(async (nursery) => {
      let hasReturned = false;
      const [listener] = await nursery.start<HttpListener[]>(async (taskStatus) => {
        await serveHttp(handler, 0, { host: '127.0.0.1', ...options, taskStatus });
        hasReturned = true;
      });
      const { port } = listener!;
      const get: TestServer['get'] = (path, extra = {}) => getFrom({ port, path, agent, ...extra });
      result = await body({
        port,
        nursery,
        agent,
        get,
        get hasReturned() {
          return hasReturned;
        },
      });
      nursery.cancelScope.cancel('the test is over');
    });
  } finally {
    agent.destroy();
  }
  return result!;
}

/** Sends a request with the client of Node. */
export function getFrom({ body, ...options }: RequestOptions & { body?: string }): Promise<Answer> {
  return abortable(async (signal) => {
    const outgoing = request({ host: '127.0.0.1', ...options, signal });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: incoming.statusCode!, headers: incoming.headers, body: await text(incoming) };
  });
}
