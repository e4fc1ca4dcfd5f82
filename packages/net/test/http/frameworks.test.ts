import { describe, expect, it } from '@jest/globals';
import { ContextVar } from '@tercet/context';
import { abandonable, all, isCancelled, sleep } from '@tercet/core';
import type { Cancelled } from '@tercet/core';
import express from 'express';
import fastify from 'fastify';
import { openTcpStream } from '../../src/index.ts';
import type { HttpHandler } from '../../src/index.ts';
import { realRun } from '../system-clock.ts';
import { withHttpServer } from './client.ts';

const current = new ContextVar<string>('name', { default: 'nobody' });

/** The handler of the route `/hello/:name` in each framework. */
async function greet(name: string): Promise<string> {
  current.set(name);
  await sleep(5);
  return `hello, ${current.get()}`;
}

/** Keeps why `/wait` was cancelled. */
async function wait(reasons: Cancelled[]): Promise<never> {
  try {
    for (;;) await sleep(1000);
  } catch (error) {
    if (isCancelled(error)) reasons.push(error);
    throw error;
  }
}

/** The part of Hono that is used here. Its own types need those of a browser. */
interface HonoContext {
  readonly req: { param(name: string): string; json(): Promise<object> };
  text(text: string, status?: number): Response;
  json(body: object): Response;
}
interface HonoApp {
  get(path: string, handler: (context: HonoContext) => Promise<Response>): void;
  post(path: string, handler: (context: HonoContext) => Promise<Response>): void;
  onError(handler: (error: Error, context: HonoContext) => Response): void;
  readonly fetch: unknown;
}
const names = ['hono', '@hono/node-server'];
const [{ Hono }, { getRequestListener }] = (await Promise.all(names.map((name) => import(name)))) as [
  { Hono: new () => HonoApp },
  { getRequestListener: (fetch: unknown) => HttpHandler },
];

/** Makes an application with the routes `/hello/:name`, `/echo`, which answers with the body, and `/wait`. */
type MakeHandler = (reasons: Cancelled[]) => Promise<HttpHandler>;

const frameworks: [string, MakeHandler][] = [
  [
    'Express',
    async (reasons) => {
      const app = express();
      app.use(express.json());
      app.get('/hello/:name', async ({ params }, response) => void response.send(await greet(params.name)));
      app.post('/echo', async ({ body }, response) => {
        await sleep(1);
        response.json(body);
      });
      app.get('/wait', () => wait(reasons));
      return app;
    },
  ],
  [
    'Fastify',
    async (reasons) => {
      const app = fastify();
      app.get<{ Params: { name: string } }>('/hello/:name', ({ params }) => greet(params.name));
      app.post('/echo', async ({ body }) => {
        await sleep(1);
        return body;
      });
      app.get('/wait', () => wait(reasons));
      await abandonable(app.ready());
      return (request, response) => app.routing(request, response);
    },
  ],
  [
    'Hono',
    async (reasons) => {
      const app = new Hono();
      app.get('/hello/:name', async (c) => c.text(await greet(c.req.param('name'))));
      app.post('/echo', async (c) => {
        await sleep(1);
        return c.json(await abandonable(c.req.json()));
      });
      app.get('/wait', () => wait(reasons));
      // Otherwise it prints them.
      app.onError((error, c) => c.text(error.message, 500));
      return getRequestListener(app.fetch);
    },
  ],
];

describe.each(frameworks)('%s', (_name, makeHandler) => {
  it(
    'SH-1: serves 100 requests at the same time, and none sees the context values of another one',
    realRun(async () => {
      await withHttpServer(await makeHandler([]), {}, async ({ get }) => {
        const names = Array.from({ length: 100 }, (_, i) => `client-${i}`);
        const answers = await all(names.map((name) => () => get(`/hello/${name}`)));
        expect(answers.map(({ body }) => body)).toEqual(names.map((name) => `hello, ${name}`));
      });
    }),
  );

  it(
    'SH-1: a handler that has read an upload is still in the task of its request',
    realRun(async () => {
      await withHttpServer(await makeHandler([]), {}, async ({ get }) => {
        const body = JSON.stringify({ text: 'x'.repeat(10_000) });
        const headers = { 'content-type': 'application/json' };
        expect((await get('/echo', { method: 'POST', body, headers })).body).toBe(body);
      });
    }),
  );

  it(
    'SH-1: a client that goes away cancels the work of its request',
    realRun(async () => {
      const reasons: Cancelled[] = [];
      await withHttpServer(await makeHandler(reasons), { onHandlerError: 'raise' }, async ({ port }) => {
        const client = await openTcpStream('127.0.0.1', port);
        await client.sendAll('GET /wait HTTP/1.1\r\nhost: x\r\n\r\n');
        await sleep(50);
        await client.close();
        while (reasons.length === 0) await sleep(1);
      });
      expect(reasons.map(({ source }) => source)).toEqual(['signal']);
    }),
  );

  it(
    'SH-1: a request that takes too long gets a 503',
    realRun(async () => {
      const reasons: Cancelled[] = [];
      await withHttpServer(await makeHandler(reasons), { timeout: 30 }, async ({ get }) => {
        expect((await get('/wait')).status).toBe(503);
        expect((await get('/hello/again')).body).toBe('hello, again');
      });
      expect(reasons.map(({ source }) => source)).toEqual(['deadline']);
    }),
  );
});
