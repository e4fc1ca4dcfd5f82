import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { BrokenResourceError, moveOnAfter } from '@tercet/core';
import { receiveEvents } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../thrown-by.ts';

describe('receiveEvents', () => {
  it(
    'keeps events while no task receives, and removes its listeners when it is closed',
    testRun(async () => {
      const emitter = new EventEmitter();
      {
        using events = receiveEvents<[string, number]>(emitter, 'message', { buffer: 2 });
        emitter.emit('message', 'a', 1);
        emitter.emit('message', 'b', 2);
        expect([await events.receive(), await events.receive()]).toEqual([
          ['a', 1],
          ['b', 2],
        ]);
        expect(await moveOnAfter(10, () => events.receive())).toBeUndefined();
      }
      expect(emitter.eventNames()).toEqual([]);
    }),
  );

  it(
    'ends after the buffered events with the event that ends it',
    testRun(async () => {
      const emitter = new EventEmitter();
      const events = receiveEvents<[number]>(emitter, 'data', { buffer: 9, end: ['end', 'close'] });
      emitter.emit('data', 1);
      emitter.emit('close');
      emitter.emit('data', 2);
      const seen: number[] = [];
      for await (const [number] of events) seen.push(number);
      expect([seen, emitter.eventNames()]).toEqual([[1], []]);
    }),
  );

  it(
    'fails after the buffered events with the error of an error event',
    testRun(async () => {
      const emitter = new EventEmitter();
      const boom = new Error('boom');
      const events = receiveEvents(emitter, 'data', { buffer: 9 });
      emitter.emit('data', 1);
      emitter.emit('error', boom);
      expect(await events.receive()).toEqual([1]);
      expect(await thrownBy(() => events.receive())).toBe(boom);
      expect(emitter.eventNames()).toEqual([]);
      const another = receiveEvents(emitter, 'data', { buffer: 9, error: false });
      expect(emitter.listenerCount('error')).toBe(0);
      another.close();
    }),
  );

  it(
    'fails when more events come than the buffer holds, or drops some',
    testRun(async () => {
      const emitter = new EventEmitter();
      const failing = receiveEvents(emitter, 'data', { buffer: 1 });
      const oldest = receiveEvents(emitter, 'data', { buffer: 1, overflow: 'drop-oldest' });
      const newest = receiveEvents(emitter, 'data', { buffer: 1, overflow: 'drop-newest' });
      emitter.emit('data', 1);
      emitter.emit('data', 2);
      expect([await failing.receive(), await oldest.receive(), await newest.receive()]).toEqual([[1], [2], [1]]);
      expect(await thrownBy(() => failing.receive())).toBeInstanceOf(BrokenResourceError);
      expect([oldest.missed, newest.missed, emitter.listenerCount('data')]).toEqual([1, 1, 2]);
    }),
  );

  it(
    'listens to an EventTarget',
    testRun(async () => {
      const target = new EventTarget();
      using events = receiveEvents<[Event]>(target, 'tick', { buffer: 1, end: 'stop' });
      target.dispatchEvent(new Event('tick'));
      target.dispatchEvent(new Event('stop'));
      const types: string[] = [];
      for await (const [event] of events) types.push(event.type);
      expect(types).toEqual(['tick']);
    }),
  );

  it('leaves nothing behind when it cannot listen', () => {
    const emitter = new EventEmitter();
    emitter.on('newListener', (event) => {
      if (event === 'error') throw new RangeError('no');
    });
    expect(() => receiveEvents(emitter, 'data', { buffer: 1 })).toThrow(RangeError);
    expect(emitter.listenerCount('data')).toBe(0);
    expect(() => receiveEvents({} as never, 'data', { buffer: 1 })).toThrow(TypeError);
    expect(() => receiveEvents(emitter, 'data', { buffer: 0 })).toThrow(RangeError);
    expect(() => receiveEvents(emitter, 'data', { buffer: 1, overflow: 'wait' as never })).toThrow(RangeError);
  });
});
