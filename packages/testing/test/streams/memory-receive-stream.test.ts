import { expect, it, jest } from '@jest/globals';
import { BusyResourceError, CancelScope, checkpoint, ClosedResourceError, openNursery } from '@tercet/core';
import { assertCheckpoints, MemoryReceiveStream, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { inspect } from 'node:util';
import { text } from './text.ts';

it(
  'TST-032: returns its data, up to maxBytes',
  testRun(async () => {
    const stream = new MemoryReceiveStream();
    stream.putData('abc');
    stream.putData(Buffer.from('def'));
    expect(text(await assertCheckpoints(() => stream.receiveSome(4)))).toBe('abcd');
    expect(text(await stream.receiveSome())).toBe('ef');
  }),
);

it(
  'TST-032: waits while there is no data',
  testRun(() =>
    openNursery(async (nursery) => {
      const stream = new MemoryReceiveStream();
      nursery.startSoon(async () => expect(text(await assertCheckpoints(() => stream.receiveSome(2)))).toBe('ab'));
      await waitAllTasksBlocked();
      stream.putData('abc');
    }),
  ),
);

it.each([
  [0, RangeError],
  [-1, RangeError],
  [1.5, TypeError],
])('TST-032: refuses to receive %p bytes', (maxBytes, error) =>
  testRun(async () => {
    const stream = new MemoryReceiveStream();
    stream.putData('abc');
    await expect(stream.receiveSome(maxBytes)).rejects.toThrow(error);
    expect(text(await stream.receiveSome())).toBe('abc');
  })(),
);

it(
  'TST-032: refuses a second receiver, and does not disturb the first one',
  testRun(() =>
    openNursery(async (nursery) => {
      const stream = new MemoryReceiveStream();
      nursery.startSoon(async () => expect(text(await stream.receiveSome())).toBe('x'));
      await checkpoint();
      await expect(stream.receiveSome()).rejects.toThrow(BusyResourceError);
      stream.putData('x');
    }),
  ),
);

it(
  'TST-032: returns the end every time, and refuses data after it',
  testRun(async () => {
    const stream = new MemoryReceiveStream();
    stream.putData('abc');
    stream.putEof();
    stream.putEof();
    expect(() => stream.putData('d')).toThrow(ClosedResourceError);
    expect(text(await stream.receiveSome(10))).toBe('abc');
    expect(await stream.receiveSome(10)).toBeNull();
    expect(await assertCheckpoints(() => stream.receiveSome())).toBeNull();
  }),
);

it(
  'TST-032: calls its hook each time before it looks for data',
  testRun(async () => {
    let count = 0;
    const stream = new MemoryReceiveStream({
      receiveSomeHook: async () => {
        await checkpoint();
        stream.putData(String(count++));
      },
    });
    expect(text(await stream.receiveSome())).toBe('0');
    expect(text(await stream.receiveSome())).toBe('1');
    stream.receiveSomeHook = () => {
      throw new Error('connection lost');
    };
    await expect(stream.receiveSome()).rejects.toThrow('connection lost');
  }),
);

it(
  'TST-032: drops its data when it is closed, and calls its hook',
  testRun(async () => {
    const closeHook = jest.fn();
    const stream = new MemoryReceiveStream({ closeHook });
    stream.putData('abc');
    await assertCheckpoints(() => stream.close());
    await assertCheckpoints(() => stream.close());
    expect(closeHook).toHaveBeenCalledTimes(2);
    stream.receiveSomeHook = () => {
      throw new Error('nothing is fetched for a closed stream');
    };
    await expect(stream.receiveSome()).rejects.toThrow(ClosedResourceError);
    expect(() => stream.putData('d')).toThrow(ClosedResourceError);
  }),
);

it(
  'TST-032: fails a task that waits, or is in the hook, when it is closed',
  testRun(async () => {
    const stream = new MemoryReceiveStream();
    await openNursery(async (nursery) => {
      nursery.startSoon(() => expect(stream.receiveSome()).rejects.toThrow(ClosedResourceError));
      await waitAllTasksBlocked();
      await stream.close();
    });
    const hooked: MemoryReceiveStream = new MemoryReceiveStream({ receiveSomeHook: () => hooked.close() });
    hooked.putData('abc');
    await expect(hooked.receiveSome()).rejects.toThrow(ClosedResourceError);
  }),
);

it(
  'TST-032: closes in a cancelled scope too',
  testRun(async () => {
    const stream = new MemoryReceiveStream();
    const scope = new CancelScope();
    scope.cancel();
    await scope.run(() => stream.close());
    expect(scope.cancelledCaught).toBe(true);
    await expect(stream.receiveSome()).rejects.toThrow(ClosedResourceError);
  }),
);

it(
  'G-3: loses nothing when a receiver is cancelled',
  testRun(async () => {
    const stream = new MemoryReceiveStream();
    stream.putData('abc');
    const scope = new CancelScope();
    scope.cancel();
    await scope.run(() => stream.receiveSome());
    expect(text(await stream.receiveSome())).toBe('abc');
  }),
);

it(
  'G-83: can be iterated to its end, and stays open',
  testRun(async () => {
    const stream = new MemoryReceiveStream();
    stream.putData('abc');
    for await (const chunk of stream) {
      expect(text(chunk)).toBe('abc');
      break;
    }
    stream.putData('def');
    stream.putEof();
    const chunks: (string | null)[] = [];
    for await (const chunk of stream) chunks.push(text(chunk));
    expect(chunks).toEqual(['def']);
    expect(await stream.receiveSome()).toBeNull();
  }),
);

it(
  'shows whether it is closed when it is inspected',
  testRun(async () => {
    const stream = new MemoryReceiveStream();
    expect(inspect(stream)).toBe('<MemoryReceiveStream>');
    await stream[Symbol.asyncDispose]();
    expect(inspect(stream)).toBe('<MemoryReceiveStream: closed>');
  }),
);
