import { expect, it } from '@jest/globals';
import { BrokenResourceError, openNursery } from '@tercet/core';
import { MemoryReceiveStream, MemorySendStream, memoryStreamPump, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { text } from './text.ts';

it('TST-033: does nothing when there is no data', () => {
  expect(memoryStreamPump(new MemorySendStream(), new MemoryReceiveStream())).toBe(false);
});

it(
  'TST-033: moves everything, or up to maxBytes',
  testRun(async () => {
    const sender = new MemorySendStream();
    const receiver = new MemoryReceiveStream();
    await sender.sendAll('hello');
    expect(memoryStreamPump(sender, receiver, { maxBytes: 1 })).toBe(true);
    expect(text(await receiver.receiveSome())).toBe('h');
    expect(memoryStreamPump(sender, receiver, { maxBytes: 3 })).toBe(true);
    expect(text(await receiver.receiveSome(2))).toBe('el');
    expect(memoryStreamPump(sender, receiver)).toBe(true);
    expect(memoryStreamPump(sender, receiver)).toBe(false);
    expect(text(await receiver.receiveSome())).toBe('lo');
  }),
);

it(
  'TST-033: moves the end once all data has been moved',
  testRun(async () => {
    const sender = new MemorySendStream();
    const receiver = new MemoryReceiveStream();
    await sender.sendAll('abc');
    await sender.close();
    expect(memoryStreamPump(sender, receiver)).toBe(true);
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        expect(text(await receiver.receiveSome())).toBe('abc');
        expect(await receiver.receiveSome()).toBeNull();
      });
      await waitAllTasksBlocked();
      expect(memoryStreamPump(sender, receiver)).toBe(true);
    });
  }),
);

it(
  'TST-033: throws a BrokenResourceError when the receiver is closed',
  testRun(async () => {
    const sender = new MemorySendStream();
    const receiver = new MemoryReceiveStream();
    await sender.sendAll('abc');
    await receiver.close();
    expect(() => memoryStreamPump(sender, receiver)).toThrow(BrokenResourceError);
    expect(memoryStreamPump(sender, receiver)).toBe(false);
  }),
);

it.each([
  [0, RangeError],
  [1.5, TypeError],
])('TST-033: refuses to move %p bytes', (maxBytes, error) => {
  expect(() => memoryStreamPump(new MemorySendStream(), new MemoryReceiveStream(), { maxBytes })).toThrow(error);
});
