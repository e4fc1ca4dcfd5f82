import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { log, requestId } from './log.js';
import { findPrices } from './prices.js';

/** Answers a request. It runs in a task of its own, which is cancelled when the client goes away. */
export async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  requestId.set(randomUUID());
  log.info({ method: request.method, url: request.url }, 'request');
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/health') return send(response, 200, { healthy: true });
  if (pathname === '/prices') return send(response, 200, await findPrices());
  send(response, 404, { error: `There is nothing at ${pathname}` });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  log.info({ status }, 'response');
}
