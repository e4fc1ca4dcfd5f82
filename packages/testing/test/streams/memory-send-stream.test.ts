import { expect, it, jest } from '@jest/globals';
import { BusyResourceError, CancelScope, checkpoint, ClosedResourceError, openNursery, WouldBlock } from '@tercet/core';
import { assertCheckpoints, MemorySendStream, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { inspect } from 'node:util';
import { text } from './text.ts';

it(
  'keeps sent data until it is taken out',
  testRun(async () => {
    const stream = new MemorySendStream();
    await assertCheckpoints(() => stream.sendAll('123'));
    expect(text(stream.getDataNowait(1))).toBe('1');
    expect(text(stream.getDataNowait())).toBe('23');
    expect(() => stream.getDataNowait()).toThrow(WouldBlock);
    await stream.sendAll(Buffer.from('456'));
    expect(text(await assertCheckpoints(() => stream.getData()))).toBe('456');
  }),
);

it(
  'never waits',
  testRun(() => assertCheckpoints(() => new MemorySendStream().waitSendAllMightNotBlock())),
);

it(
  'refuses a second task while the first one sends, or waits to send',
  testRun(async () => {
    const stream = new MemorySendStream();
    for (const second of [() => stream.sendAll('2'), () => stream.waitSendAllMightNotBlock()]) {
      await openNursery(async (nursery) => {
        nursery.startSoon(() => stream.sendAll('1'));
        await checkpoint();
        await expect(second()).rejects.toThrow(BusyResourceError);
      });
      await openNursery(async (nursery) => {
        nursery.startSoon(() => stream.waitSendAllMightNotBlock());
        await checkpoint();
        await expect(second()).rejects.toThrow(BusyResourceError);
      });
    }
    expect(text(stream.getDataNowait())).toBe('11');
  }),
);

it(
  'calls its hooks after its own work, and awaits them',
  testRun(async () => {
    const record: string[] = [];
    const stream = new MemorySendStream({
      sendAllHook: async () => {
        record.push(`send ${text(stream.getDataNowait())}`);
        await checkpoint();
        record.push('sent');
      },
      waitSendAllMightNotBlockHook: async () => {
        record.push('wait');
        await checkpoint();
        record.push('waited');
      },
      closeHook: () => record.push('close'),
    });
    await stream.sendAll('abc');
    await stream.waitSendAllMightNotBlock();
    await stream.close();
    expect(record).toEqual(['send abc', 'sent', 'wait', 'waited', 'close']);
  }),
);

it(
  'throws the error of a hook, and hooks can be replaced',
  testRun(async () => {
    const stream = new MemorySendStream();
    stream.sendAllHook = () => Promise.reject(new Error('no more'));
    stream.waitSendAllMightNotBlockHook = () => {
      throw new Error('not now');
    };
    await expect(stream.sendAll('abc')).rejects.toThrow('no more');
    await expect(stream.waitSendAllMightNotBlock()).rejects.toThrow('not now');
    stream.sendAllHook = undefined;
    await stream.sendAll('d');
    expect(text(stream.getDataNowait())).toBe('abcd');
    stream.closeHook = () => {
      throw new Error('stuck');
    };
    await expect(stream.close()).rejects.toThrow('stuck');
    stream.closeHook = undefined;
  }),
);

it(
  'refuses to send when it is closed, and sent data can be taken out, and then the end',
  testRun(async () => {
    const closeHook = jest.fn();
    const stream = new MemorySendStream({ closeHook });
    await stream.sendAll('abc');
    await assertCheckpoints(() => stream.close());
    await assertCheckpoints(() => stream.close());
    expect(closeHook).toHaveBeenCalledTimes(2);
    await expect(stream.sendAll('d')).rejects.toThrow(ClosedResourceError);
    await expect(stream.sendAll('')).rejects.toThrow(ClosedResourceError);
    await expect(stream.waitSendAllMightNotBlock()).rejects.toThrow(ClosedResourceError);
    expect(text(await stream.getData())).toBe('abc');
    expect(await stream.getData()).toBeNull();
    expect(stream.getDataNowait()).toBeNull();
  }),
);

it(
  'closes in a cancelled scope too',
  testRun(async () => {
    const stream = new MemorySendStream();
    const scope = new CancelScope();
    scope.cancel();
    await scope.run(() => stream.close());
    expect(scope.cancelledCaught).toBe(true);
    await expect(stream.sendAll('')).rejects.toThrow(ClosedResourceError);
  }),
);

it(
  'returns the end to a task that waits for data when it is closed',
  testRun(() =>
    openNursery(async (nursery) => {
      const stream = new MemorySendStream();
      nursery.startSoon(async () => expect(await stream.getData()).toBeNull());
      await waitAllTasksBlocked();
      await stream.close();
    }),
  ),
);

it(
  'ABC-002: await using closes it at the end of the block, and not before',
  testRun(async () => {
    const closeHook = jest.fn();
    {
      await using stream = new MemorySendStream({ closeHook });
      await stream.sendAll('abc');
      expect(closeHook).not.toHaveBeenCalled();
    }
    expect(closeHook).toHaveBeenCalledTimes(1);
  }),
);

it(
  'rejects, instead of throwing, when the data is not bytes',
  testRun(async () => {
    const stream = new MemorySendStream();
    for (const wrong of [5, null, undefined, {}])
      await expect(stream.sendAll(wrong as never)).rejects.toThrow(TypeError);
    expect(() => stream.getDataNowait()).toThrow(WouldBlock);
  }),
);

it(
  'shows whether it is closed when it is inspected',
  testRun(async () => {
    const stream = new MemorySendStream();
    expect(inspect(stream)).toBe('<MemorySendStream>');
    await stream.close();
    expect(inspect(stream)).toBe('<MemorySendStream: closed>');
  }),
);
