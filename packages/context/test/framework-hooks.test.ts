import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { all, openNursery, sleep } from '@tercet/core';
import { SystemClock } from '@tercet/core/lowlevel';
import { ContextVar } from '@tercet/context';
import { testRun } from '@tercet/testing';

// The statements of the README about values that are set in the callbacks of a framework.

const withRealTime = { clock: () => new SystemClock() };

/** Starts a server on a free port, in the context of the caller. It is closed at the end of the block. */
async function serve(listener: RequestListener): Promise<Disposable & { readonly server: Server }> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, [Symbol.dispose]: () => void server.close() };
}

async function get(server: Server, path: string): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
  return await response.text();
}

it(
  'N-3: a value that a listener sets is seen by the task that emits',
  testRun(async () => {
    const variable = new ContextVar('variable', { default: 'none' });
    const emitter = new EventEmitter();
    emitter.on('event', () => void variable.set('by the listener'));
    await openNursery((nursery) => {
      nursery.startSoon(() => {
        emitter.emit('event');
        expect(variable.get()).toBe('by the listener');
      });
    });
    expect(variable.get()).toBe('none');
  }),
);

it(
  'N-3: a value that a request handler sets is seen by the task that listens, and by other requests',
  testRun(async () => {
    const variable = new ContextVar('variable', { default: 'none' });
    using running = await serve((request, response) => {
      const before = variable.get();
      variable.set(request.url!);
      response.end(before);
    });
    expect(await get(running.server, '/first')).toBe('none');
    expect(variable.get()).toBe('/first');
    expect(await get(running.server, '/second')).toBe('/first');
  }, withRealTime),
);

it(
  'N-3: run(value, next) gives each request a separate value, in the handler and in the tasks that it starts',
  testRun(async () => {
    const variable = new ContextVar('variable', { default: 'none' });
    await openNursery(async (nursery) => {
      const next: RequestListener = (_, response) => {
        const inHandler = variable.get();
        nursery.startSoon(async () => {
          await sleep(1);
          response.end(`${inHandler} ${variable.get()}`);
        });
      };
      using running = await serve((request, response) => variable.run(request.url!, () => next(request, response)));
      const answers = await all([() => get(running.server, '/first'), () => get(running.server, '/second')]);
      expect(answers).toEqual(['/first /first', '/second /second']);
      expect(variable.get()).toBe('none');
    });
  }, withRealTime),
);

it(
  'N-3: a value that is set in a task that a callback has started is seen by that task alone',
  testRun(async () => {
    const variable = new ContextVar('variable', { default: 'none' });
    const emitter = new EventEmitter();
    const seen: string[] = [];
    await openNursery((nursery) => {
      emitter.on('event', (value: string) => {
        nursery.startSoon(async () => {
          variable.set(value);
          await sleep(10);
          seen.push(variable.get());
        });
      });
      for (const value of ['one', 'two']) emitter.emit('event', value);
    });
    expect([...seen, variable.get()]).toEqual(['one', 'two', 'none']);
  }),
);
