import { describe, expect, it, jest } from '@jest/globals';
import {
  CancelScope,
  checkpoint,
  currentTime,
  openNursery,
  sleep,
  sleepForever,
  StateError,
  UnawaitedError,
} from '@tercet/core';
import { currentClock, suspend, SystemClock } from '@tercet/core/lowlevel';
import { MockClock, testRun } from '@tercet/testing';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';

it('makes a function that every test framework treats as one that returns a promise', async () => {
  const test = testRun(() => 42);
  expect(test.length).toBe(0);
  expect(await test()).toBeUndefined();
});

it('makes a virtual clock for each call, which jumps to the next deadline', async () => {
  const clocks: MockClock[] = [];
  const test = testRun(async (clock) => {
    clocks.push(clock);
    expect(currentClock()).toBe(clock);
    expect(currentTime()).toBe(0);
    await sleep({ hours: 24 });
    expect(currentTime()).toBe(86_400_000);
  });
  await test();
  await test();
  expect(new Set(clocks).size).toBe(2);
});

it('uses the clock of the options', async () => {
  await testRun((clock) => expect(currentClock()).toBe(clock), { clock: () => new SystemClock() })();
  const slow = new MockClock();
  await testRun((clock) => expect(clock).toBe(slow), { clock: () => slow })();
});

it('fails when the body fails', async () => {
  await expect(testRun(() => Promise.reject(new TypeError('boom')))()).rejects.toThrow('boom');
});

it('fails when the body leaves an operation behind', async () => {
  const body = testRun(() => {
    void sleep(1000);
  });
  await expect(body()).rejects.toThrow(UnawaitedError);
});

it('passes the other options on to run', async () => {
  const spawned = jest.fn();
  const test = testRun(() => openNursery((nursery) => void nursery.startSoon(sleepForever)), {
    instruments: [{ taskSpawned: (task) => spawned(task.name) }],
    signal: AbortSignal.abort(),
  });
  await expect(test()).rejects.toMatchObject({ name: 'Cancelled', source: 'signal' });
  expect(spawned).toHaveBeenCalledWith('sleepForever');
});

describe('the context that a framework passes', () => {
  it('N-11: cancels the run with its signal, so that a test that took too long does not go on', async () => {
    const controller = new AbortController();
    const log: string[] = [];
    const test = testRun(
      async () => {
        controller.abort(new Error('Test timed out in 5000ms.'));
        try {
          await sleepForever();
        } finally {
          log.push('cleaned up');
        }
      },
      { clock: () => new SystemClock() },
    );
    await expect(test({ signal: controller.signal })).rejects.toMatchObject({
      name: 'Cancelled',
      source: 'signal',
      message: expect.stringContaining('Test timed out in 5000ms.'),
    });
    expect(log).toEqual(['cleaned up']);
  });

  it('N-11: works together with a signal of the options', async () => {
    for (const index of [0, 1]) {
      const controllers = [new AbortController(), new AbortController()] as const;
      const test = testRun(sleepForever, { signal: controllers[0].signal, clock: () => new SystemClock() });
      const ended = test({ signal: controllers[1].signal });
      controllers[index]!.abort();
      await expect(ended).rejects.toMatchObject({ name: 'Cancelled', source: 'signal' });
    }
  });

  it.each([undefined, null, 'context', () => undefined, {}, { signal: null }, { signal: {} }, { signal: 'SIGINT' }])(
    'N-11: may be any other value: %p',
    async (context) => {
      const test = testRun(() => sleep(10));
      expect(await test(context)).toBeUndefined();
    },
  );

  it('N-11: is not a declared parameter, so that frameworks pass no callback and find no fixtures', () => {
    const test = testRun(() => undefined);
    expect(test.length).toBe(0);
    expect(test.toString()).toMatch(/^async function\s*\(\)/);
  });
});

it('cannot be called in a run', async () => {
  await expect(testRun(() => testRun(() => undefined)())()).rejects.toThrow(StateError);
});

describe('a run that leaves something behind', () => {
  it('fails for an operation that cannot be cancelled and that is not awaited', async () => {
    const body = async (): Promise<void> => {
      const scope = new CancelScope();
      await scope.run(async () => {
        void suspend('stubborn', () => () => 'failed');
        scope.cancel();
        await checkpoint();
      });
    };
    await expect(testRun(body)()).rejects.toMatchObject({
      name: 'CheckFailedError',
      message: expect.stringContaining('the test has left behind: 1 × waiting operations'),
    });
    await testRun(body, { leftovers: 'ignore' })();
  });

  it('fails for a server that is still open', async () => {
    let server: Server | undefined;
    const test = testRun(async () => {
      server = createServer();
      await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    });
    await expect(test()).rejects.toThrow('left behind: 1 × TCPServerWrap');
    await new Promise((resolve) => server?.close(resolve));
  });

  it('waits for resources that are closing', async () => {
    const test = testRun(async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      await new Promise<void>((resolve) => socket.once('connect', resolve));
      server.close();
      socket.destroy();
    });
    await expect(test()).resolves.toBeUndefined();
  });

  it('fails with the error of the body if it throws', async () => {
    const test = testRun(() => {
      void suspend('stubborn', () => () => 'failed');
      throw new Error('boom');
    });
    await expect(test()).rejects.toThrow(/^boom$/);
  });
});
