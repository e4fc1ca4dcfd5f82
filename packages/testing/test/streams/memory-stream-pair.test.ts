import { expect, it } from '@jest/globals';
import { BrokenResourceError, ClosedResourceError, openNursery } from '@tercet/core';
import { memoryStreamOneWayPair, memoryStreamPair, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { text } from './text.ts';

it(
  'the one-way pair passes on data and the end, and breaks when the receiver is closed',
  testRun(async () => {
    const [sender, receiver] = memoryStreamOneWayPair();
    await sender.sendAll('123');
    expect(text(await receiver.receiveSome())).toBe('123');
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        expect(text(await receiver.receiveSome(10))).toBe('abc');
        expect(await receiver.receiveSome(10)).toBeNull();
      });
      await waitAllTasksBlocked();
      await sender.sendAll('abc');
      await waitAllTasksBlocked();
      await sender.close();
    });

    const [broken, closed] = memoryStreamOneWayPair();
    await closed.close();
    await expect(broken.sendAll('abc')).rejects.toThrow(BrokenResourceError);
    await expect(broken.sendAll('abc')).rejects.toThrow(BrokenResourceError);
  }),
);

it(
  'holds the data back with another hook',
  testRun(async () => {
    const [sender, receiver] = memoryStreamOneWayPair();
    sender.sendAllHook = undefined;
    await sender.sendAll('abc');
    await openNursery(async (nursery) => {
      let received: string | null = '';
      nursery.startSoon(async () => void (received = text(await receiver.receiveSome())));
      await waitAllTasksBlocked();
      expect(received).toBe('');
      receiver.putData('other');
      await waitAllTasksBlocked();
      expect(received).toBe('other');
    });
  }),
);

it(
  'TST-035: the pair works in both directions',
  testRun(async () => {
    const [first, second] = memoryStreamPair();
    await first.sendAll('abc');
    await second.sendAll('def');
    expect(text(await first.receiveSome(10))).toBe('def');
    expect(text(await second.receiveSome(10))).toBe('abc');
    expect(() => second.sendStream.getDataNowait()).toThrow('there are no bytes');
  }),
);

it(
  'TST-035: sendEof ends one direction only',
  testRun(async () => {
    const [first, second] = memoryStreamPair();
    await first.sendEof();
    expect(await second.receiveSome(10)).toBeNull();
    await expect(first.sendAll('abc')).rejects.toThrow(ClosedResourceError);
    await second.sendAll('bye');
    expect(text(await first.receiveSome(10))).toBe('bye');
  }),
);
