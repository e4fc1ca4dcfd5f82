import { afterEach, describe, expect, it } from '@jest/globals';
import { abandonable, moveOnAfter } from '@tercet/core';
import { testRun, waitAllTasksBlocked } from '@tercet/testing';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { closeForcefully, fromDuplex, fromReadable, fromWritable } from '../../src/index.ts';
import { ReadableReceiver } from '../../src/lowlevel.ts';
import type { AsyncResource } from '../../src/index.ts';

const listenersOf = (stream: PassThrough): Record<string, number> =>
  Object.fromEntries(stream.eventNames().map((event) => [String(event), stream.listenerCount(event)]));

const bare = listenersOf(new PassThrough());
const streams: PassThrough[] = [];
const makeStream = (): PassThrough => {
  const stream = new PassThrough();
  streams.push(stream);
  return stream;
};
afterEach(() => streams.splice(0).forEach((stream) => stream.destroy()));

const kinds: Record<string, (stream: PassThrough) => AsyncResource> = {
  fromReadable: (stream) => fromReadable(stream),
  fromWritable: (stream) => fromWritable(stream),
  fromDuplex: (stream) => fromDuplex(stream),
};

describe.each(Object.entries(kinds))('%s', (_name, from) => {
  it(
    'I-4: leaves no listener on a stream of Node after closing it',
    testRun(async () => {
      const stream = makeStream();
      const ours = from(stream);
      expect(listenersOf(stream)).not.toEqual(bare);
      stream.resume();
      await ours.close();
      await waitAllTasksBlocked(5);
      expect(listenersOf(stream)).toEqual(bare);
    }),
  );

  it(
    'I-4: leaves no listener after closing forcefully, or when other code destroys the stream',
    testRun(async () => {
      const closed = makeStream();
      await closeForcefully(from(closed));
      const destroyed = makeStream();
      from(destroyed);
      const reason = new Error('gone');
      destroyed.once('error', () => undefined).destroy(reason);
      await waitAllTasksBlocked(5);
      for (const stream of [closed, destroyed]) expect(listenersOf(stream)).toEqual(bare);
    }),
  );

  it(
    'I-4: adds no listener to a stream that is closed already',
    testRun(async () => {
      const stream = makeStream();
      stream.destroy();
      await abandonable(once(stream, 'close'));
      from(stream);
      await waitAllTasksBlocked(5);
      expect(listenersOf(stream)).toEqual(bare);
    }),
  );
});

describe('a receiver that is detached from its stream', () => {
  it(
    'I-4: removes its listeners, keeps the bytes that it has read, and goes on there when it is attached',
    testRun(async () => {
      const stream = makeStream();
      const receiver = new ReadableReceiver(stream, () => 'the input', 'a test');
      stream.write('abc');
      expect(Buffer.from((await receiver.receive(1))!).toString()).toBe('a');
      receiver.detach();
      receiver.detach();
      expect(listenersOf(stream)).toEqual(bare);
      expect(stream.isPaused()).toBe(true);
      stream.write('def');
      await waitAllTasksBlocked(5);
      expect(Buffer.from((await receiver.receive())!).toString()).toBe('bc');
      expect(await moveOnAfter(5, () => receiver.receive())).toBeUndefined();
      receiver.attach();
      receiver.attach();
      expect(stream.listenerCount('data')).toBe(bare['data'] ?? 1);
      expect(Buffer.from((await receiver.receive())!).toString()).toBe('def');
    }),
  );

  it(
    'I-4: notices an end that came while it was detached',
    testRun(async () => {
      const stream = makeStream();
      const receiver = new ReadableReceiver(stream, () => 'the input', 'a test');
      receiver.detach();
      stream.end();
      stream.resume();
      await abandonable(once(stream, 'end'));
      receiver.attach();
      expect(await receiver.receive()).toBeNull();
    }),
  );
});
