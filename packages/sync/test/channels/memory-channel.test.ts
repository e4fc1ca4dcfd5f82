import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import {
  BrokenResourceError,
  CancelScope,
  checkpoint,
  ClosedResourceError,
  EndOfChannel,
  openNursery,
  WouldBlock,
} from '@tercet/core';
import { MemoryReceiveChannel, MemorySendChannel, openMemoryChannel } from '@tercet/sync';
import { assertCheckpoints, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { expectCancelled } from '../expect-cancelled.ts';

describe('openMemoryChannel', () => {
  it('CHN-001: takes whole numbers from zero on, and Infinity', () => {
    for (const size of [0, 1, 5, Infinity]) openMemoryChannel(size);
    for (const size of [1.5, NaN, -Infinity, '1', undefined])
      expect(() => openMemoryChannel(size as number)).toThrow(TypeError);
    for (const size of [-1, -5]) expect(() => openMemoryChannel(size)).toThrow(RangeError);
    expect(() => openMemoryChannel(1.5)).toThrow(
      'openMemoryChannel(): maxBufferSize must be a whole number or Infinity, not 1.5',
    );
  });

  it('is the only way to make a handle', () => {
    // @ts-expect-error -- the constructor is private
    expect(() => new MemorySendChannel()).toThrow('call openMemoryChannel() to make a channel');
    // @ts-expect-error -- the constructor is private
    expect(() => new MemoryReceiveChannel()).toThrow('call openMemoryChannel() to make a channel');
  });
});

describe('a memory channel', () => {
  it(
    'CHN-002: buffers as many items as it was made for, and gives them in order',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(2);
      send.sendNowait(1);
      await assertCheckpoints(() => send.send(2));
      expect(() => send.sendNowait(3)).toThrow(WouldBlock);
      expect(await assertCheckpoints(() => receive.receive())).toBe(1);
      expect(receive.receiveNowait()).toBe(2);
      expect(() => receive.receiveNowait()).toThrow(WouldBlock);
    }),
  );

  it(
    'CHN-003: a closed sending handle refuses everything but being closed',
    testRun(async () => {
      const [send] = openMemoryChannel<number>(2);
      await assertCheckpoints(() => send[Symbol.asyncDispose]());
      await expect(send.send(1)).rejects.toThrow(ClosedResourceError);
      expect(() => send.sendNowait(1)).toThrow(ClosedResourceError);
      expect(() => send.clone()).toThrow(ClosedResourceError);
      await assertCheckpoints(() => send[Symbol.asyncDispose]());
      send.close();
    }),
  );

  it(
    'CHN-004: what is buffered is received after the close, and then the channel ends',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(2);
      send.sendNowait(1);
      send.close();
      expect(await receive.receive()).toBe(1);
      await expect(receive.receive()).rejects.toThrow(EndOfChannel);
      expect(() => receive.receiveNowait()).toThrow(EndOfChannel);
      await assertCheckpoints(() => receive[Symbol.asyncDispose]());
      await expect(receive.receive()).rejects.toThrow(ClosedResourceError);
      expect(() => receive.receiveNowait()).toThrow(ClosedResourceError);
      expect(() => receive.clone()).toThrow(ClosedResourceError);
      await receive[Symbol.asyncDispose]();
    }),
  );

  it(
    'CHN-005: a receive that was cancelled leaves the channel usable',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(1);
      const scope = new CancelScope();
      await openNursery(async (nursery) => {
        nursery.startSoon(() => scope.run(() => receive.receive()));
        await waitAllTasksBlocked();
        scope.cancel();
      });
      expect(scope.cancelledCaught).toBe(true);
      await send.send(1);
      expect(send.statistics().currentBufferUsed).toBe(1);
      expect(receive.receiveNowait()).toBe(1);
    }),
  );

  it(
    'CHN-006, G-66: ten producers with a clone each end the loop of the consumer when all are done',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(0);
      const received: number[] = [];
      await openNursery((nursery) => {
        for (let producer = 0; producer < 10; producer++) {
          nursery.startSoon(produce, send.clone(), producer * 3);
        }
        send.close();
        nursery.startSoon(async () => {
          for await (const item of receive) received.push(item);
        });
      });
      expect(received.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    }),
  );

  it(
    'CHN-007: five consumers share the items, each item once',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(0);
      const received: number[][] = [[], [], [], [], []];
      await openNursery(async (nursery) => {
        for (const items of received) {
          nursery.startSoon(async () => {
            for await (const item of receive) items.push(item);
          });
        }
        for (let item = 0; item < 30; item++) await send.send(item);
        send.close();
      });
      expect(received.every((items) => items.length > 0)).toBe(true);
      expect(received.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    }),
  );

  it.each([
    ['close()', async (handle: MemorySendChannel<number>) => handle.close()],
    ['await using', (handle: MemorySendChannel<number>) => handle[Symbol.asyncDispose]()],
  ])('CHN-008, CHN-009: a send that waits ends when its own handle is closed by %s', (_, close) =>
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(0);
      await openNursery(async (nursery) => {
        nursery.startSoon(() => expect(send.send(1)).rejects.toThrow(ClosedResourceError));
        await waitAllTasksBlocked();
        await close(send);
      });
      await expect(send.send(1)).rejects.toThrow(ClosedResourceError);
      expect(() => send.sendNowait(1)).toThrow(ClosedResourceError);
      await expect(receive.receive()).rejects.toThrow(EndOfChannel);
      expect(() => receive.receiveNowait()).toThrow(EndOfChannel);
    })(),
  );

  it(
    'CHN-010: a send that waits breaks when the last receiver goes',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(0);
      await openNursery(async (nursery) => {
        nursery.startSoon(() => expect(send.send(1)).rejects.toThrow(BrokenResourceError));
        await waitAllTasksBlocked();
        receive.close();
      });
      await expect(send.send(1)).rejects.toThrow(BrokenResourceError);
      expect(() => send.sendNowait(1)).toThrow(BrokenResourceError);
    }),
  );

  it(
    'CHN-011: a receive that waits ends when its own handle is closed',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(0);
      await openNursery(async (nursery) => {
        nursery.startSoon(() => expect(receive.receive()).rejects.toThrow(ClosedResourceError));
        await waitAllTasksBlocked();
        receive.close();
      });
      await expect(receive.receive()).rejects.toThrow(ClosedResourceError);
      expect(() => receive.receiveNowait()).toThrow(ClosedResourceError);
      expect(send.statistics().tasksWaitingReceive).toBe(0);
    }),
  );

  it(
    'CHN-012, G-66: lives until the last clone of the receiving handle is closed',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(1);
      const clone = receive.clone();
      {
        using _ = receive;
      }
      send.sendNowait(10);
      expect(clone.receiveNowait()).toBe(10);
      expect(() => receive.clone()).toThrow(ClosedResourceError);
      const second = clone.clone();
      clone.close();
      clone.close();
      send.sendNowait(11);
      second.close();
      expect(() => send.sendNowait(12)).toThrow(BrokenResourceError);
    }),
  );

  it(
    'CHN-015: without a limit it never makes a sender wait',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(Infinity);
      for (let item = 0; item < 1000; item++) {
        if (item % 2 === 0) send.sendNowait(item);
        else await send.send(item);
      }
      send.close();
      const received: number[] = [];
      for await (const item of receive) received.push(item);
      expect(received).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    }),
  );

  it(
    'CHN-016: gives the same numbers at both ends',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number | null>(2);
      const expected = {
        currentBufferUsed: 0,
        maxBufferSize: 2,
        peakBufferUsed: 0,
        openSendChannels: 1,
        openReceiveChannels: 1,
        tasksWaitingSend: 0,
        tasksWaitingReceive: 0,
        dropped: 0,
      };
      const expectNumbers = (changed: Partial<typeof expected>): void => {
        Object.assign(expected, changed);
        expect(send.statistics()).toEqual(expected);
        expect(receive.statistics()).toEqual(expected);
      };
      expectNumbers({});
      send.sendNowait(null);
      expectNumbers({ currentBufferUsed: 1, peakBufferUsed: 1 });
      const sendClone = send.clone();
      expectNumbers({ openSendChannels: 2 });
      send.close();
      expectNumbers({ openSendChannels: 1 });
      const receiveClone = receive.clone();
      expectNumbers({ openReceiveChannels: 2 });
      receiveClone.close();
      expectNumbers({ openReceiveChannels: 1 });
      await openNursery(async (nursery) => {
        sendClone.sendNowait(null);
        expectNumbers({ currentBufferUsed: 2, peakBufferUsed: 2 });
        nursery.startSoon(() => sendClone.send(null));
        nursery.startSoon(() => sendClone.send(null));
        await waitAllTasksBlocked();
        expectNumbers({ tasksWaitingSend: 2 });
        nursery.cancelScope.cancel();
        expectNumbers({ tasksWaitingSend: 0 });
      });
      receive.receiveNowait();
      receive.receiveNowait();
      expectNumbers({ currentBufferUsed: 0 });
      await openNursery(async (nursery) => {
        nursery.startSoon(() => receive.receive());
        await waitAllTasksBlocked();
        expectNumbers({ tasksWaitingReceive: 1 });
        nursery.cancelScope.cancel();
      });
      expectNumbers({ tasksWaitingReceive: 0 });
    }),
  );

  it('CHN-017: remembers the most that was in the buffer', () => {
    const [send, receive] = openMemoryChannel<number>(10);
    const used = (): number[] => {
      const { currentBufferUsed, peakBufferUsed } = receive.statistics();
      return [currentBufferUsed, peakBufferUsed];
    };
    for (let item = 0; item < 6; item++) send.sendNowait(item);
    expect(used()).toEqual([6, 6]);
    for (let item = 0; item < 5; item++) receive.receiveNowait();
    expect(used()).toEqual([1, 6]);
    send.sendNowait(7);
    expect(used()).toEqual([2, 6]);
  });

  it(
    'CHN-020, G-65: without a buffer sender and receiver meet',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(0);
      expect(() => receive.receiveNowait()).toThrow(WouldBlock);
      expect(() => send.sendNowait(1)).toThrow(WouldBlock);
      await openNursery(async (nursery) => {
        nursery.startSoon(() => assertCheckpoints(() => send.send(1)));
        await waitAllTasksBlocked();
        expect(await assertCheckpoints(() => receive.receive())).toBe(1);
        expect(() => receive.receiveNowait()).toThrow(WouldBlock);
      });
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          expect(await assertCheckpoints(() => receive.receive())).toBe(2);
        });
        await waitAllTasksBlocked();
        await assertCheckpoints(() => send.send(2));
        expect(() => send.sendNowait(3)).toThrow(WouldBlock);
      });
      await openNursery(async (nursery) => {
        nursery.startSoon(() => send.send(4));
        await waitAllTasksBlocked();
        expect(receive.receiveNowait()).toBe(4);
      });
    }),
  );

  it(
    'G-60, G-61: serves the sender and the receiver that came first',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<string>(1);
      send.sendNowait('first');
      await openNursery(async (nursery) => {
        for (const item of ['second', 'third']) {
          nursery.startSoon(() => send.send(item));
          await waitAllTasksBlocked();
        }
        expect(receive.receiveNowait()).toBe('first');
        expect(send.statistics()).toMatchObject({ currentBufferUsed: 1, peakBufferUsed: 1, tasksWaitingSend: 1 });
        expect(receive.receiveNowait()).toBe('second');
        expect(receive.receiveNowait()).toBe('third');
      });
      const received: string[] = [];
      await openNursery(async (nursery) => {
        for (const name of ['a', 'b']) {
          nursery.startSoon(async () => {
            const item = await receive.receive();
            received.push(`${name} got ${item}`);
          });
          await waitAllTasksBlocked();
        }
        send.sendNowait('one');
        send.sendNowait('two');
      });
      expect(received).toEqual(['a got one', 'b got two']);
    }),
  );

  it(
    'G-62: keeps its buffer empty while a receiver waits',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(5);
      await openNursery(async (nursery) => {
        nursery.startSoon(() => receive.receive());
        await waitAllTasksBlocked();
        send.sendNowait(1);
        expect(send.statistics()).toMatchObject({ currentBufferUsed: 0, peakBufferUsed: 0, tasksWaitingReceive: 0 });
      });
    }),
  );

  it(
    'G-63: no task takes an item that belongs to a receiver already, nor the place that belongs to a sender',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<string>(1);
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          expect(await receive.receive()).toBe('for the task that waits');
        });
        await waitAllTasksBlocked();
        send.sendNowait('for the task that waits');
        expect(() => receive.receiveNowait()).toThrow(WouldBlock);
      });
      send.sendNowait('a');
      await openNursery(async (nursery) => {
        nursery.startSoon(() => send.send('b'));
        await waitAllTasksBlocked();
        expect(receive.receiveNowait()).toBe('a');
        expect(() => send.sendNowait('c')).toThrow(WouldBlock);
      });
      expect(receive.receiveNowait()).toBe('b');
    }),
  );

  it(
    'G-64: an operation that was cancelled has not happened',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(1);
      await expectCancelled(() => send.send(1));
      expect(() => receive.receiveNowait()).toThrow(WouldBlock);
      send.sendNowait(2);
      await expectCancelled(() => receive.receive());
      await expectCancelled(() => receive[Symbol.asyncIterator]().next());
      const scope = new CancelScope();
      await openNursery(async (nursery) => {
        nursery.startSoon(() => scope.run(() => send.send(3)));
        await waitAllTasksBlocked();
        scope.cancel();
        expect(receive.receiveNowait()).toBe(2);
      });
      expect(() => receive.receiveNowait()).toThrow(WouldBlock);
    }),
  );

  it(
    'G-64: an item that has been handed over is received although the receiver is cancelled in the same moment',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(0);
      const scope = new CancelScope();
      let received: number | undefined;
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          scope.run(async () => {
            received = await receive.receive();
            await checkpoint();
          }),
        );
        await waitAllTasksBlocked();
        send.sendNowait(1);
        scope.cancel();
      });
      expect(received).toBe(1);
      expect(scope.cancelledCaught).toBe(true);
    }),
  );

  it(
    'G-67: closing a handle wakes the tasks that wait through it, and lets the others wait',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<string>(0);
      const otherSend = send.clone();
      const otherReceive = receive.clone();
      await openNursery(async (nursery) => {
        nursery.startSoon(() => expect(send.send('lost')).rejects.toThrow(ClosedResourceError));
        nursery.startSoon(() => otherSend.send('kept'));
        nursery.startSoon(() => expect(send.send('lost too')).rejects.toThrow(ClosedResourceError));
        await waitAllTasksBlocked();
        send.close();
        expect(receive.statistics().tasksWaitingSend).toBe(1);
        expect(receive.receiveNowait()).toBe('kept');
      });
      await openNursery(async (nursery) => {
        nursery.startSoon(() => expect(receive.receive()).rejects.toThrow(ClosedResourceError));
        nursery.startSoon(async () => {
          expect(await otherReceive.receive()).toBe('for the other');
        });
        await waitAllTasksBlocked();
        receive.close();
        expect(otherReceive.statistics().tasksWaitingReceive).toBe(1);
        otherSend.sendNowait('for the other');
      });
    }),
  );

  it(
    'G-68: all tasks that wait to receive learn that the last sender has closed, by loop or by call',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(0);
      await openNursery(async (nursery) => {
        nursery.startSoon(() => expect(receive.receive()).rejects.toThrow(EndOfChannel));
        nursery.startSoon(async () => {
          for await (const _ of receive) throw new Error('nothing was sent');
        });
        await waitAllTasksBlocked();
        send.close();
      });
    }),
  );

  it(
    'G-69: what is buffered is dropped with the last receiver',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(3);
      send.sendNowait(1);
      receive.close();
      expect(send.statistics()).toMatchObject({ currentBufferUsed: 0, openReceiveChannels: 0 });
      await expect(send.send(2)).rejects.toThrow(BrokenResourceError);
      await expect(send.clone().send(2)).rejects.toThrow(BrokenResourceError);
    }),
  );

  it(
    'ABC-002, G-70: `await using` closes and is a checkpoint, in a cancelled scope too',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(0);
      {
        await using same = send;
        expect(same).toBe(send);
        expect(send.statistics().openSendChannels).toBe(1);
      }
      await expect(receive.receive()).rejects.toThrow(EndOfChannel);
      await expectCancelled(() => receive[Symbol.asyncDispose]());
      expect(receive.statistics().openReceiveChannels).toBe(0);
    }),
  );

  it(
    'G-71: loops that run side by side take turns',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(0);
      const received: string[] = [];
      await openNursery(async (nursery) => {
        for (const name of ['a', 'b']) {
          nursery.startSoon(async () => {
            for await (const item of receive) received.push(`${name}${item}`);
          });
        }
        await waitAllTasksBlocked();
        for (let item = 0; item < 4; item++) {
          send.sendNowait(item);
          await waitAllTasksBlocked();
        }
        send.close();
      });
      expect(received).toEqual(['a0', 'b1', 'a2', 'b3']);
    }),
  );

  it(
    'stays open when a loop over it is left',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(3);
      for (let item = 0; item < 3; item++) send.sendNowait(item);
      for await (const item of receive) if (item === 1) break;
      expect(receive.receiveNowait()).toBe(2);
      const steps = receive[Symbol.asyncIterator]();
      send.close();
      expect(await steps.next()).toEqual({ value: undefined, done: true });
      expect(await steps.next()).toEqual({ value: undefined, done: true });
      receive.close();
      await expect(steps.next()).rejects.toThrow(ClosedResourceError);
    }),
  );

  it(
    'carries undefined, and errors, like everything else',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<unknown>(2);
      const error = new Error('not thrown');
      send.sendNowait(undefined);
      send.sendNowait(error);
      expect(receive.receiveNowait()).toBeUndefined();
      expect(await receive.receive()).toBe(error);
    }),
  );

  it(
    'is fed from callbacks outside of the run',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<string>(Infinity);
      setImmediate(() => {
        send.sendNowait('from an event');
        send.close();
      });
      const received: string[] = [];
      for await (const item of receive) received.push(item);
      expect(received).toEqual(['from an event']);
    }),
  );

  it('refuses to wait outside of a run', async () => {
    const [send, receive] = openMemoryChannel<number>(1);
    await expect(send.send(1)).rejects.toThrow('send() was called outside of a run');
    await expect(receive.receive()).rejects.toThrow('receive() was called outside of a run');
    expect(send.statistics().currentBufferUsed).toBe(0);
  });

  it('shows itself', () => {
    const [send, receive] = openMemoryChannel<number>(3);
    send.sendNowait(1);
    expect(inspect(send)).toBe('<MemorySendChannel open, 1 of 3 buffered, 0 waiting to send, 0 to receive>');
    receive.close();
    expect(inspect(receive)).toBe('<MemoryReceiveChannel closed, 0 of 3 buffered, 0 waiting to send, 0 to receive>');
  });

  it('names the closed end, and the operation', () => {
    const [send, receive] = openMemoryChannel<number>(0);
    send.close();
    expect(() => send.sendNowait(1)).toThrow('sendNowait(): this handle of the channel is closed');
    expect(() => receive.receiveNowait()).toThrow('receiveNowait(): all senders of the channel have closed their ends');
  });

  it(
    'G-66: a handle that is closed while others of its end are open leaves the tasks that wait as they are',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(0);
      const [otherSend, otherReceive] = [send.clone(), receive.clone()];
      const received: (number | string)[] = [];
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => void received.push(await receive.receive()));
        nursery.startSoon(async () => {
          for await (const item of receive) received.push(item);
          received.push('the end');
        });
        await waitAllTasksBlocked();
        otherSend.close();
        otherReceive.close();
        await waitAllTasksBlocked();
        expect(send.statistics()).toMatchObject({
          tasksWaitingReceive: 2,
          openSendChannels: 1,
          openReceiveChannels: 1,
        });
        send.sendNowait(1);
        send.sendNowait(2);
        send.close();
      });
      expect(received).toEqual([1, 2, 'the end']);
    }),
  );

  it(
    'G-66: a receiving handle that is closed while others are open leaves the buffer and the senders as they are',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(1);
      send.sendNowait(1);
      await openNursery(async (nursery) => {
        nursery.startSoon(() => send.send(2));
        await waitAllTasksBlocked();
        receive.clone().close();
        await waitAllTasksBlocked();
        expect(send.statistics()).toMatchObject({ currentBufferUsed: 1, tasksWaitingSend: 1 });
        expect([receive.receiveNowait(), receive.receiveNowait()]).toEqual([1, 2]);
      });
    }),
  );

  it.each<[string, unknown]>([
    ['a promise', Promise.resolve(1)],
    ['a rejected promise', refused()],
    ['a thenable', { then: () => undefined }],
    ['a function with a method then', Object.assign(() => undefined, { then: () => undefined })],
  ])('C-19: %s cannot be an item, and nothing is lost', (_, value) =>
    testRun(async () => {
      const [send, receive] = openMemoryChannel<unknown>(2);
      await expect(send.send(value)).rejects.toThrow(TypeError);
      await expect(send.send(value)).rejects.toThrow(/^send\(\): a promise, .* cannot be an item; await it before/);
      expect(() => send.sendNowait(value)).toThrow(/^sendNowait\(\): a promise, .* cannot be an item; await it before/);
      expect(send.statistics()).toMatchObject({ currentBufferUsed: 0, tasksWaitingSend: 0 });
      await send.send([value]);
      expect(await receive.receive()).toEqual([value]);
    })(),
  );

  it(
    'C-19: nor can a value whose then cannot be read, or one for which a receiver waits',
    testRun(async () => {
      const unreadable = Object.defineProperty({}, 'then', {
        get() {
          throw new RangeError('not for you');
        },
      });
      const [send, receive] = openMemoryChannel<unknown>(0);
      await openNursery(async (nursery) => {
        const receiving = nursery.startSoon(() => receive.receive());
        await waitAllTasksBlocked();
        expect(() => send.sendNowait(unreadable)).toThrow(
          expect.objectContaining({ name: 'TypeError', message: expect.stringContaining('RangeError: not for you') }),
        );
        await expect(send.send(unreadable)).rejects.toMatchObject({ cause: { message: 'not for you' } });
        await expect(send.send(Promise.resolve())).rejects.toThrow(TypeError);
        expect(send.statistics().tasksWaitingReceive).toBe(1);
        send.sendNowait('an item');
        expect(await receiving.result()).toBe('an item');
      });
    }),
  );

  it(
    'C-19: everything else is an item, and arrives as it was sent',
    testRun(async () => {
      const items = [undefined, null, 0, '', Symbol('item'), 5n, () => 1, { then: 'a string' }, new Map(), NaN];
      const [send, receive] = openMemoryChannel<unknown>(Infinity);
      for (const item of items) await send.send(item);
      send.close();
      const received: unknown[] = [];
      for (let index = 0; index < 5; index++) received.push(await receive.receive());
      for await (const item of receive) received.push(item);
      expect(received).toEqual(items);
    }),
  );
});

async function produce(send: MemorySendChannel<number>, first: number): Promise<void> {
  using _ = send;
  for (let item = first; item < first + 3; item++) await send.send(item);
}

function refused(): Promise<never> {
  const promise = Promise.reject(new Error('refused'));
  promise.catch(() => undefined);
  return promise;
}
