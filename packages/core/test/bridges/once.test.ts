import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, moveOnAfter, once, openNursery, sleep } from '@tercet/core';
import { runVirtually, thrownBy } from '../run-virtually.ts';

describe('once', () => {
  it('EV-1: resolves with the arguments of the event, and takes its listeners off', async () => {
    await runVirtually(async () => {
      const emitter = new EventEmitter();
      const promise = once<[number, string]>(emitter, 'exit');
      expect(emitter.listenerCount('exit')).toBe(1);
      emitter.emit('exit', 1, 'SIGTERM');
      expect(await promise).toEqual([1, 'SIGTERM']);
      expect(emitter.eventNames()).toEqual([]);
    });
  });

  it('EV-1: fails with the error of an error event', async () => {
    await runVirtually(async () => {
      const emitter = new EventEmitter();
      const boom = new Error('boom');
      const promise = thrownBy(() => once(emitter, 'ready'));
      emitter.emit('error', boom);
      expect(await promise).toBe(boom);
      expect(emitter.eventNames()).toEqual([]);
    });
  });

  it('EV-1: takes another event, or none, for that of errors', async () => {
    await runVirtually(async () => {
      const emitter = new EventEmitter();
      const failed = thrownBy(() => once(emitter, 'ready', { error: 'failed' }));
      const ignoring = once(emitter, 'ready', { error: false });
      expect(emitter.listenerCount('error')).toBe(0);
      emitter.emit('failed', 'why');
      expect(await failed).toBe('why');
      emitter.emit('ready', 1);
      expect(await ignoring).toEqual([1]);
    });
  });

  it('EV-1: waits for the error event itself', async () => {
    await runVirtually(async () => {
      const emitter = new EventEmitter();
      const promise = once(emitter, 'error');
      emitter.emit('error', 'expected');
      expect(await promise).toEqual(['expected']);
    });
  });

  it('EV-1: takes its listeners off when it is cancelled', async () => {
    await runVirtually(async () => {
      const emitter = new EventEmitter();
      expect(await moveOnAfter(10, () => once(emitter, 'never'))).toBeUndefined();
      expect(emitter.eventNames()).toEqual([]);
    });
  });

  it('EV-1: leaves no listener in a scope that is cancelled already', async () => {
    await runVirtually(async () => {
      const emitter = new EventEmitter();
      await new CancelScope().run(async (scope) => {
        scope.cancel();
        await once(emitter, 'never');
      });
      expect(emitter.eventNames()).toEqual([]);
    });
  });

  it('EV-1: keeps an event that comes in the step of the cancellation', async () => {
    await runVirtually(async () => {
      const emitter = new EventEmitter();
      const got = await new CancelScope().run(async (scope) => {
        const promise = once(emitter, 'ready');
        emitter.emit('ready', 'in time');
        scope.cancel();
        return await promise;
      });
      expect(got).toEqual(['in time']);
    });
  });

  it('EV-1: takes the first of two events, and the first of an event and an error', async () => {
    await runVirtually(async () => {
      const emitter = new EventEmitter();
      const both = [once(emitter, 'a'), once(emitter, 'a')];
      // Node calls a listener that has been taken off during the same emit.
      emitter.prependListener('a', () => undefined);
      emitter.emit('a', 1);
      emitter.emit('a', 2);
      expect(await Promise.all(both)).toEqual([[1], [1]]);
      const promise = once(emitter, 'b');
      emitter.emit('b', 3);
      emitter.on('error', () => undefined);
      emitter.emit('error', new Error('late'));
      expect(await promise).toEqual([3]);
    });
  });

  it('EV-1: waits for an EventTarget, and fails with the error of its error event', async () => {
    await runVirtually(async () => {
      const target = new EventTarget();
      await openNursery((nursery) => {
        nursery.startSoon(async () => {
          const [event] = await once<[Event]>(target, 'open');
          expect(event.type).toBe('open');
          const boom = new Error('boom');
          const failed = thrownBy(() => once(target, 'message'));
          target.dispatchEvent(Object.assign(new Event('error'), { error: boom }));
          expect(await failed).toBe(boom);
          const bare = thrownBy(() => once(target, 'message'));
          const plain = new Event('error');
          target.dispatchEvent(plain);
          expect(await bare).toBe(plain);
        });
        nursery.startSoon(async () => {
          await sleep(1);
          target.dispatchEvent(new Event('open'));
        });
      });
    });
  });

  it('EV-1: leaves no listener at an emitter that calls one as soon as it is added', async () => {
    const emitter = new EventEmitter();
    const on = emitter.on.bind(emitter);
    emitter.on = function (name, listener) {
      on(name, listener);
      if (name === 'ready') listener('at once');
      return this;
    };
    await runVirtually(async () => {
      expect(await once(emitter, 'ready')).toEqual(['at once']);
    });
    expect(emitter.eventNames()).toEqual([]);
  });

  it('EV-1: keeps the event when its listener cannot be taken off', async () => {
    const emitter = new EventEmitter();
    emitter.off = () => {
      throw new Error('not now');
    };
    await runVirtually(async () => {
      const event = once(emitter, 'ready');
      expect(() => emitter.emit('ready', 1)).toThrow('not now');
      expect(await event).toEqual([1]);
    });
  });

  it('throws the error of adding a listener, and leaves nothing behind', async () => {
    await runVirtually(async () => {
      const emitter = new EventEmitter();
      emitter.on('newListener', (event) => {
        if (event === 'error') throw new RangeError('no listeners for errors');
      });
      expect(await thrownBy(() => once(emitter, 'ready'))).toBeInstanceOf(RangeError);
      expect(emitter.listenerCount('ready')).toBe(0);
      expect(await thrownBy(() => once({} as never, 'ready'))).toBeInstanceOf(TypeError);
    });
  });
});
