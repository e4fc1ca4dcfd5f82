import { expect, it } from '@jest/globals';
import { BusyResourceError, CancelScope, ClosedResourceError, openNursery, StateError, WouldBlock } from '@tercet/core';
import { assertCheckpoints, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { ByteQueue } from '../../src/streams/byte-queue.ts';
import { text } from './text.ts';

it('TST-030: returns all bytes at once, or as many as are asked for', () => {
  const queue = new ByteQueue();
  queue.put('abc');
  queue.put(Uint8Array.of(100, 101));
  expect(text(queue.getNowait(2))).toBe('ab');
  expect(text(queue.getNowait(2))).toBe('cd');
  queue.put('fg');
  expect(text(queue.getNowait())).toBe('efg');
});

it(
  'TST-030: returns its bytes without waiting, and is a checkpoint',
  testRun(async () => {
    const queue = new ByteQueue();
    queue.put('abc');
    expect(text(await assertCheckpoints(() => queue.get(1)))).toBe('a');
    expect(text(await assertCheckpoints(() => queue.get()))).toBe('bc');
  }),
);

it('TST-030: throws WouldBlock when it is empty, even after empty data', () => {
  const queue = new ByteQueue();
  expect(() => queue.getNowait()).toThrow(WouldBlock);
  queue.put('');
  queue.put(new Uint8Array());
  expect(() => queue.getNowait()).toThrow(WouldBlock);
});

it('TST-030: accepts a string, which it encodes as UTF-8, any view of bytes, and nothing else', () => {
  const queue = new ByteQueue();
  queue.put('ä');
  queue.put(Buffer.from('b'));
  queue.put(new DataView(Uint8Array.of(99, 100, 101).buffer, 1, 1));
  expect([...(queue.getNowait() ?? [])]).toEqual([0xc3, 0xa4, 98, 100]);
  for (const wrong of [5, null, {}, [1]]) expect(() => queue.put(wrong as never)).toThrow(TypeError);
});

it('copies data, so that the original may be changed afterwards', () => {
  const queue = new ByteQueue();
  const buffer = Buffer.from('abc');
  queue.put(buffer);
  buffer.fill('x');
  expect(text(queue.getNowait())).toBe('abc');
});

it.each([
  [0, RangeError],
  [-1, RangeError],
  [1.5, TypeError],
  ['1', TypeError],
])('TST-030: refuses to give %p bytes', (maxBytes, error) =>
  testRun(async () => {
    const queue = new ByteQueue();
    queue.put('abc');
    expect(() => queue.getNowait(maxBytes as number)).toThrow(error);
    await expect(queue.get(maxBytes as number)).rejects.toThrow(error);
    expect(text(queue.getNowait())).toBe('abc');
  })(),
);

it(
  'TST-030: lets one task wait for bytes, and returns as many as it asked for',
  testRun(async () => {
    const queue = new ByteQueue();
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        expect(text(await assertCheckpoints(() => queue.get(2)))).toBe('ab');
        expect(text(await queue.get(2))).toBe('c');
      });
      await waitAllTasksBlocked();
      queue.put('abc');
    });
    expect(() => queue.getNowait()).toThrow(WouldBlock);
  }),
);

it(
  'TST-030: refuses a second getter, and does not disturb the first one',
  testRun(async () => {
    const queue = new ByteQueue();
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => expect(text(await queue.get())).toBe('x'));
      await waitAllTasksBlocked();
      await expect(queue.get()).rejects.toThrow(BusyResourceError);
      expect(() => queue.getNowait()).toThrow(BusyResourceError);
      queue.put('x');
    });
  }),
);

it(
  'TST-030: returns the data from before it was closed, then null every time, and refuses more data',
  testRun(async () => {
    const queue = new ByteQueue();
    queue.put('abc');
    queue.close();
    queue.close();
    expect(() => queue.put('d')).toThrow(ClosedResourceError);
    expect(() => queue.put('')).toThrow(ClosedResourceError);
    expect(text(await queue.get(10))).toBe('abc');
    expect(await queue.get(10)).toBeNull();
    expect(await queue.get()).toBeNull();
    expect(queue.getNowait(10)).toBeNull();
  }),
);

it('TST-030: drops its bytes when it is wiped', () => {
  const queue = new ByteQueue();
  queue.put('abc');
  queue.closeAndWipe();
  expect(queue.getNowait()).toBeNull();
});

it.each(['close', 'closeAndWipe'] as const)('TST-030: wakes a task that waits by %s', (method) =>
  testRun(() =>
    openNursery(async (nursery) => {
      const queue = new ByteQueue();
      nursery.startSoon(async () => expect(await queue.get(10)).toBeNull());
      await waitAllTasksBlocked();
      queue[method]();
    }),
  )(),
);

it(
  'G-3: loses no bytes to a getter that is cancelled before or while it waits',
  testRun(async () => {
    const queue = new ByteQueue();
    const scope = new CancelScope();
    await openNursery(async (nursery) => {
      nursery.startSoon(() => scope.run(() => queue.get()));
      await waitAllTasksBlocked();
      scope.cancel();
      queue.put('abc');
    });
    expect(scope.cancelledCaught).toBe(true);
    const cancelled = new CancelScope();
    cancelled.cancel();
    await cancelled.run(() => queue.get());
    expect(cancelled.cancelledCaught).toBe(true);
    expect(text(queue.getNowait())).toBe('abc');
  }),
);

it('rejects outside of a run', () => expect(new ByteQueue().get()).rejects.toThrow(StateError));
