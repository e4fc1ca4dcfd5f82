import { describe, expect, it } from '@jest/globals';
import { abortable, all, openPortal } from '@tercet/core';
import type { Portal } from '@tercet/core';
import express from 'express';
import { fastify } from 'fastify';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { faultsOf, greet, openLog, requestId } from './log-lines.ts';
import { realRun } from './real-run.ts';

const REQUESTS = 100;

/** Sends all requests at once. @returns the bodies of the answers, in the order of the requests. */
function ask(port: number): Promise<string[]> {
  const requests = Array.from({ length: REQUESTS }, (_, index) => async (): Promise<string> => {
    const url = `http://127.0.0.1:${port}/users/user-${index}`;
    const response = await abortable((signal) => fetch(url, { signal, headers: { 'x-request-id': `id-${index}` } }));
    return await abortable(() => response.text());
  });
  return all(requests);
}

const greetings = Array.from({ length: REQUESTS }, (_, index) => `hello user-${index}`);

/** A request is a call through the portal, with the id that its client has given it. */
function serveUser(portal: Portal, log: ReturnType<typeof openLog>['log'], id: string, user: string): Promise<string> {
  return portal.call(() => requestId.run(id, () => greet(log, user)), { name: `GET /users/${user}`, timeout: 20_000 });
}

const listening = (server: Server): Promise<number> =>
  abortable(
    () =>
      new Promise<number>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
      }),
  );
const closed = (server: Server): Promise<void> =>
  abortable(() => new Promise<void>((resolve) => void server.close(() => resolve())));

describe(`${REQUESTS} requests at a time, each with its id in every line of its log`, () => {
  it(
    'PO-2: through Fastify and pino',
    realRun(() =>
      openPortal(async (portal) => {
        const { log, lines } = openLog();
        const app = fastify({ loggerInstance: log });
        app.get<{ Params: { name: string } }>('/users/:name', (request) =>
          serveUser(portal, log, String(request.headers['x-request-id']), request.params.name),
        );
        await abortable(() => app.listen({ host: '127.0.0.1', port: 0 }));
        expect(await ask((app.server.address() as AddressInfo).port)).toEqual(greetings);
        await abortable(() => app.close());
        expect(faultsOf(lines, REQUESTS)).toEqual([]);
      }),
    ),
  );

  it(
    'PO-2: through Express and pino',
    realRun(() =>
      openPortal(async (portal) => {
        const { log, lines } = openLog();
        const app = express();
        app.get('/users/:name', async (request, response) => {
          const id = String(request.headers['x-request-id']);
          response.send(await serveUser(portal, log, id, request.params.name));
        });
        const server = createServer(app as Parameters<typeof createServer>[1] & object);
        expect(await ask(await listening(server))).toEqual(greetings);
        server.closeIdleConnections();
        await closed(server);
        expect(faultsOf(lines, REQUESTS)).toEqual([]);
      }),
    ),
  );
});

it(
  'PO-5: a call that takes too long is answered by Express with its own error, and its work is cancelled',
  realRun(() =>
    openPortal(async (portal) => {
      const { log, lines } = openLog();
      const app = express();
      let cancelled = false;
      app.get('/slow', async (_request, response) => {
        const answer = await portal.call(
          async () => {
            try {
              await abortable(
                (signal) =>
                  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
              );
            } finally {
              cancelled = true;
            }
            return 'late';
          },
          { timeout: 50 },
        );
        response.send(answer);
      });
      app.use(((error: Error, _request, response, _next) => {
        log.error(error.name);
        response.status(503).send(error.name);
      }) as express.ErrorRequestHandler);
      const server = createServer(app as Parameters<typeof createServer>[1] & object);
      const port = await listening(server);
      const response = await abortable((signal) => fetch(`http://127.0.0.1:${port}/slow`, { signal }));
      expect([response.status, await abortable(() => response.text()), cancelled]).toEqual([503, 'TooSlowError', true]);
      expect(lines.map(({ msg }) => msg)).toEqual(['TooSlowError']);
      server.closeIdleConnections();
      await closed(server);
    }),
  ),
);
