import { expect, it } from '@jest/globals';
import { all, BrokenResourceError, CancelScope, ClosedResourceError, moveOnAfter, openNursery } from '@tercet/core';
import { lockstepStreamOneWayPair, lockstepStreamPair, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { inspect } from 'node:util';
import { text } from './text.ts';

it(
  'sendAll waits until the last byte has been received',
  testRun(async () => {
    const [sender, receiver] = lockstepStreamOneWayPair();
    let sent = false;
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await sender.sendAll('abc');
        sent = true;
      });
      expect(text(await receiver.receiveSome(2))).toBe('ab');
      await waitAllTasksBlocked();
      expect(sent).toBe(false);
      expect(text(await receiver.receiveSome())).toBe('c');
    });
    expect(sent).toBe(true);
  }),
);

it(
  'waitSendAllMightNotBlock waits until a task receives',
  testRun(async () => {
    const [sender, receiver] = lockstepStreamOneWayPair();
    const record: string[] = [];
    const waitToSend = async (): Promise<void> => {
      await sender.waitSendAllMightNotBlock();
      record.push('may send');
    };
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await waitToSend();
        await sender.sendAll('x');
      });
      await waitAllTasksBlocked();
      record.push('receives');
      expect(text(await receiver.receiveSome())).toBe('x');
    });
    await moveOnAfter(10, waitToSend);
    expect(record).toEqual(['receives', 'may send']);
  }),
);

it(
  'delivers no bytes of a sendAll that was cancelled, and can be used afterwards',
  testRun(async () => {
    const [sender, receiver] = lockstepStreamOneWayPair();
    const scope = new CancelScope();
    await openNursery(async (nursery) => {
      nursery.startSoon(() => scope.run(() => sender.sendAll('abc')));
      await waitAllTasksBlocked();
      scope.cancel();
    });
    expect(await moveOnAfter(10, () => receiver.receiveSome())).toBeUndefined();
    const [received] = await all([() => receiver.receiveSome(), () => sender.sendAll('def')]);
    expect(text(received)).toBe('def');
  }),
);

it(
  'G-88: delivers no bytes of a sendAll that was interrupted by closing',
  testRun(() =>
    openNursery(async (nursery) => {
      const [sender, receiver] = lockstepStreamOneWayPair();
      nursery.startSoon(() => expect(sender.sendAll('abc')).rejects.toThrow(ClosedResourceError));
      await waitAllTasksBlocked();
      const closing = sender.close();
      expect(await receiver.receiveSome()).toBeNull();
      await closing;
    }),
  ),
);

it(
  'breaks the sender when the receiver closes after a part of the data',
  testRun(() =>
    openNursery(async (nursery) => {
      const [sender, receiver] = lockstepStreamOneWayPair();
      nursery.startSoon(() => expect(sender.sendAll('abc')).rejects.toThrow(BrokenResourceError));
      await receiver.receiveSome(2);
      await receiver.close();
    }),
  ),
);

it(
  'can be iterated to its end',
  testRun(async () => {
    const [first, second] = lockstepStreamPair();
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await first.sendAll('abc');
        await first.sendAll('def');
        await first.sendEof();
      });
      const chunks: (string | null)[] = [];
      for await (const chunk of second) chunks.push(text(chunk));
      expect(chunks).toEqual(['abc', 'def']);
    });
  }),
);

it(
  'await using closes it at the end of the block',
  testRun(async () => {
    const [sender, receiver] = lockstepStreamOneWayPair();
    {
      await using send = sender;
      await using receive = receiver;
      expect(inspect(send)).toBe('<LockstepSendStream>');
      expect(inspect(receive)).toBe('<LockstepReceiveStream>');
    }
    await expect(sender.sendAll('')).rejects.toThrow(ClosedResourceError);
    await expect(receiver.receiveSome()).rejects.toThrow(ClosedResourceError);
  }),
);
