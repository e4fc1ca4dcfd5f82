import { expect, it } from '@jest/globals';
import { moveOnAfter, openNursery } from '@tercet/core';
import { testRun, waitAllTasksBlocked } from '@tercet/testing';
import { ReceiveBuffer } from '../../src/lowlevel.ts';

const open = (limit = 100): { buffer: ReceiveBuffer; resumed: () => number } => {
  let resumed = 0;
  const buffer = new ReceiveBuffer({ describe: () => 'the source', resume: () => void resumed++ }, limit);
  return { buffer, resumed: () => resumed };
};

const bytes = (text: string): Buffer => Buffer.from(text);
const text = (chunk: Uint8Array | null): string | null => (chunk === null ? null : Buffer.from(chunk).toString());

it(
  'stops its source at the limit, and resumes it as soon as there is room',
  testRun(async () => {
    const { buffer, resumed } = open(4);
    expect([buffer.push(bytes('ab')), buffer.push(bytes('cd')), buffer.size]).toEqual([true, false, 4]);
    expect(resumed()).toBe(0);
    expect([text(await buffer.receive(1)), resumed(), buffer.size]).toEqual(['a', 1, 3]);
    expect([text(await buffer.receive()), text(await buffer.receive()), resumed()]).toEqual(['b', 'cd', 1]);
  }),
);

it(
  'resumes a source on hold when a task has to wait',
  testRun(async () => {
    const { buffer, resumed } = open();
    buffer.hold();
    buffer.push(bytes('a'));
    await buffer.receive();
    expect(resumed()).toBe(0);
    await moveOnAfter(1, () => buffer.receive());
    expect(resumed()).toBe(1);
  }),
);

it(
  'receives into memory of the caller, and keeps the bytes for which that has no room',
  testRun(async () => {
    const { buffer } = open();
    const target = new Uint8Array(3);
    buffer.push(bytes('abcd'));
    expect([await buffer.receiveInto(target), text(target)]).toEqual([3, 'abc']);
    expect([await buffer.receiveInto(target), text(target.subarray(0, 1))]).toEqual([1, 'd']);
    await openNursery(async (nursery) => {
      const received = nursery.startSoon(() => buffer.receiveInto(target));
      await waitAllTasksBlocked();
      expect(buffer.hasReceiver).toBe(true);
      await expect(buffer.receiveInto(new Uint8Array(1))).rejects.toMatchObject({ name: 'BusyResourceError' });
      await expect(buffer.receive()).rejects.toMatchObject({ name: 'BusyResourceError' });
      const lent = bytes('efgh');
      buffer.pushCopy(lent);
      lent.fill(0);
      expect([await received.result(), text(target), buffer.size]).toEqual([3, 'efg', 1]);
    });
    expect(text(await buffer.receive())).toBe('h');
    buffer.end();
    expect([await buffer.receiveInto(target), await buffer.receiveInto(target)]).toEqual([null, null]);
  }),
);

it(
  'refuses memory that is empty or not a Uint8Array',
  testRun(async () => {
    const { buffer } = open();
    await expect(buffer.receiveInto(new Uint8Array(0))).rejects.toThrow(RangeError);
    await expect(buffer.receiveInto(new Uint16Array(1) as never)).rejects.toThrow(TypeError);
  }),
);

it(
  'copies bytes that may be overwritten after the call',
  testRun(async () => {
    const { buffer } = open();
    const lent = bytes('abc');
    buffer.pushCopy(lent);
    lent.fill(0);
    expect(text(await buffer.receive())).toBe('abc');
  }),
);

it(
  'returns the bytes that came before an error, and then throws the error every time',
  testRun(async () => {
    const { buffer } = open();
    const cause = new Error('cut');
    buffer.push(bytes('a'));
    buffer.fail(cause);
    buffer.end();
    expect([buffer.isDone, buffer.push(bytes('b'))]).toEqual([true, true]);
    expect(text(await buffer.receive())).toBe('a');
    for (let i = 0; i < 2; i++) {
      await expect(buffer.receive()).rejects.toMatchObject({ name: 'BrokenResourceError', cause });
      await expect(buffer.receiveInto(new Uint8Array(1))).rejects.toMatchObject({ name: 'BrokenResourceError', cause });
    }
  }),
);

it(
  'fails a task that waits when it is interrupted, and then works as before',
  testRun(async () => {
    const { buffer } = open();
    buffer.interrupt(new Error('to nobody'));
    const error = new Error('not now');
    await openNursery(async (nursery) => {
      nursery.startSoon(() => expect(buffer.receive()).rejects.toBe(error));
      await waitAllTasksBlocked();
      buffer.interrupt(error);
    });
    buffer.push(bytes('a'));
    expect(text(await buffer.receive())).toBe('a');
  }),
);

it(
  'takeAll returns all bytes, and close drops them',
  testRun(async () => {
    const { buffer } = open();
    for (const part of ['a', 'bc']) buffer.push(bytes(part));
    expect(buffer.takeAll().map(text)).toEqual(['a', 'bc']);
    buffer.push(bytes('d'));
    buffer.close();
    expect(buffer.size).toBe(0);
    await expect(buffer.receive()).rejects.toMatchObject({ name: 'ClosedResourceError' });
    await expect(buffer.receiveInto(new Uint8Array(1))).rejects.toMatchObject({ name: 'ClosedResourceError' });
  }),
);
