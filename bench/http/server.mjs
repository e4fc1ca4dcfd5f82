// One HTTP server of the benchmark: `node server.mjs KIND`. It sends its parent the port, and then answers its questions.
import { createServer } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';

const TIMEOUT = 30_000;
let waiting = 0;
const forEver = new Promise(() => undefined);

/** Every server does the same for a request: something asynchronous, and then a small body of JSON. */
async function work(path, signal) {
  await nextTurn(undefined, signal && { signal });
  if (path === '/wait') {
    waiting++;
    await forEver;
  }
  return JSON.stringify({ path, numbers: [1, 2, 3], last: 'end' });
}

async function handle(request, response, signal) {
  const body = await work(request.url, signal);
  response.setHeader('content-type', 'application/json');
  response.setHeader('content-length', body.length);
  response.end(body);
}

const SERVERS = {
  node: () =>
    listen(
      createServer((request, response) => {
        handle(request, response).catch((/** @type {unknown} */ error) => fail(response, error));
      }),
    ),

  signal: () =>
    listen(
      createServer((request, response) => {
        handle(request, response, AbortSignal.timeout(TIMEOUT)).catch((/** @type {unknown} */ error) =>
          fail(response, error),
        );
      }),
    ),

  tercet: async () => {
    const { run } = await import('@tercet/core');
    const { serveHttp } = await import('@tercet/net');
    return await new Promise((resolve, reject) => {
      const taskStatus = { started: ([{ port }]) => resolve(port) };
      const options = { host: '127.0.0.1', timeout: TIMEOUT, taskStatus };
      run(() => serveHttp(handle, 0, options)).catch(reject);
    });
  },

  fastify: async () => {
    const { default: fastify } = await import('fastify');
    const app = fastify({ handlerTimeout: TIMEOUT });
    app.get('/*', async (request, reply) => {
      const body = await work(request.url);
      return reply.type('application/json').send(body);
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    return app.server.address().port;
  },

  effect: async () => {
    const { Effect, Layer } = await import('effect');
    const { HttpServer, HttpServerRequest, HttpServerResponse } = await import('effect/http');
    const { NodeHttpServer } = await import('@effect/platform-node');
    const server = createServer();
    const app = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest;
      const body = yield* Effect.promise(() => work(request.url));
      return HttpServerResponse.text(body, { contentType: 'application/json' });
    }).pipe(Effect.timeout(TIMEOUT));
    const layer = HttpServer.serve(app).pipe(
      Layer.provide(NodeHttpServer.layer(() => server, { port: 0, host: '127.0.0.1' })),
    );
    Effect.runFork(Layer.launch(layer));
    while (!server.listening) await nextTurn();
    return server.address().port;
  },
};

const port = await SERVERS[process.argv[2]]();
process.send({ port });
process.on('message', (question) => void reply(question));
process.on('disconnect', () => process.exit());

async function reply(question) {
  while (question.waiting !== undefined && waiting < question.waiting) await nextTurn();
  process.send(question === 'usage' ? usage() : { memory: memory() });
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  while (!server.listening) await nextTurn();
  return server.address().port;
}

function fail(response, error) {
  response.statusCode = 500;
  response.end(String(error));
}

function usage() {
  const { user, system } = process.cpuUsage();
  return { cpu: user + system, time: performance.now() };
}

function memory() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}
