import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import {
  after,
  BrokenResourceError,
  CancelScope,
  ClosedResourceError,
  currentTime,
  EndOfChannel,
  InternalError,
  moveOnAfter,
  openNursery,
  run,
  shielded,
  sleep,
  sleepForever,
  StateError,
} from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import type { Selectable } from '@tercet/core/lowlevel';
import {
  CapacityLimiter,
  Event,
  Lock,
  openMemoryChannel,
  receiveEvents,
  select,
  selectNowait,
  Semaphore,
} from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../thrown-by.ts';

describe('select', () => {
  it(
    'SE-1: lets one case take effect, and leaves the other items where they are',
    testRun(async () => {
      const [sendA, receiveA] = openMemoryChannel<string>(1);
      const [sendB, receiveB] = openMemoryChannel<number>(1);
      sendA.sendNowait('a');
      sendB.sendNowait(1);
      expect(await select({ a: receiveA.receiving(), b: receiveB.receiving() })).toEqual({ key: 'a', value: 'a' });
      expect(await select({ a: receiveA.receiving(), b: receiveB.receiving() })).toEqual({ key: 'b', value: 1 });
    }),
  );

  it(
    'SE-1: takes one of two items that are sent in one step to a select that waits',
    testRun(async () => {
      const [sendA, receiveA] = openMemoryChannel<string>(1);
      const [sendB, receiveB] = openMemoryChannel<string>(1);
      await openNursery(async (nursery) => {
        const handle = nursery.startSoon(() => select({ a: receiveA.receiving(), b: receiveB.receiving() }));
        await waitAllTasksBlocked();
        expect(receiveA.statistics().tasksWaitingReceive).toBe(1);
        sendB.sendNowait('b');
        sendA.sendNowait('a');
        expect(await handle.result()).toEqual({ key: 'b', value: 'b' });
        expect(receiveA.statistics()).toMatchObject({ tasksWaitingReceive: 0, currentBufferUsed: 1 });
      });
    }),
  );

  it(
    'SE-1: sends no item of a case that has not taken effect',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<string>(0);
      const event = new Event();
      event.set();
      expect(await select({ sent: send.sending('lost'), set: event.waiting() })).toEqual({
        key: 'set',
        value: undefined,
      });
      expect(receive.statistics().tasksWaitingSend).toBe(0);
      await openNursery(async (nursery) => {
        const handle = nursery.startSoon(() => select({ sent: send.sending('found'), late: after(1000) }));
        await waitAllTasksBlocked();
        expect(await receive.receive()).toBe('found');
        expect(await handle.result()).toEqual({ key: 'sent', value: undefined });
      });
      expect(currentTime()).toBe(0);
    }),
  );

  it(
    'SE-1: holds no lock of a case that has not taken effect',
    testRun(async () => {
      const [one, other] = [new Lock(), new Lock()];
      await openNursery(async (nursery) => {
        const held = [await one.acquire(), await other.acquire()];
        const handle = nursery.startSoon(async () => {
          const { key, value } = await select({ one: one.acquiring(), other: other.acquiring() });
          using _ = value;
          return [key, one.locked, other.locked];
        });
        await waitAllTasksBlocked();
        held[1]?.[Symbol.dispose]();
        held[0]?.[Symbol.dispose]();
        expect(await handle.result()).toEqual(['other', false, true]);
      });
      expect([one.locked, other.locked]).toEqual([false, false]);
    }),
  );

  it(
    'SE-1: takes from semaphores and limiters in the name of the task that selects',
    testRun(async () => {
      const semaphore = new Semaphore(0);
      const limiter = new CapacityLimiter(1);
      await openNursery(async (nursery) => {
        const borrowed = await limiter.acquireOnBehalfOf('somebody');
        const handle = nursery.startSoon(async () => {
          const { key, value } = await select({ semaphore: semaphore.acquiring(), limiter: limiter.acquiring() });
          const { borrowers } = limiter.statistics();
          value[Symbol.dispose]();
          return [key, borrowers.map(String)];
        });
        await waitAllTasksBlocked();
        expect([semaphore.statistics().tasksWaiting, limiter.statistics().tasksWaiting]).toEqual([1, 1]);
        borrowed[Symbol.dispose]();
        expect(await handle.result()).toEqual(['limiter', [expect.stringMatching(/Task .*#\d+/)]]);
        expect([semaphore.statistics().tasksWaiting, limiter.statistics().borrowedTokens]).toEqual([0, 0]);
      });
    }),
  );

  it(
    'SE-1: waits for the end of a task, and for time to pass',
    testRun(async () => {
      await openNursery(async (nursery) => {
        const quick = nursery.startSoon(sleep, 10);
        const slow = nursery.startSoon(sleepForever);
        expect((await select({ slow: slow.joining(), quick: quick.joining() })).key).toBe('quick');
        expect((await select({ slow: slow.joining(), time: after(20) })).key).toBe('time');
        expect(currentTime()).toBe(30);
        expect((await select({ quick: quick.joining(), time: after(0) })).key).toBe('quick');
        slow.cancel();
      });
    }),
  );

  it(
    'SE-2: takes the first of several that are ready, in the order given, or in turn when it is fair',
    testRun(async () => {
      const [first, second] = [new Event(), new Event()];
      first.set();
      second.set();
      const cases = { first: first.waiting(), second: second.waiting() };
      const plain: string[] = [];
      const fair: string[] = [];
      for (let i = 0; i < 4; i++) {
        plain.push((await select(cases)).key);
        fair.push((await select(cases, { fair: true })).key);
      }
      expect(plain).toEqual(['first', 'first', 'first', 'first']);
      expect(fair.sort()).toEqual(['first', 'first', 'second', 'second']);
    }),
  );

  it(
    'SE-2: is fair to each of two selections that alternate',
    testRun(async () => {
      const set = (): Event => {
        const event = new Event();
        event.set();
        return event;
      };
      const cases = () => ({ first: set().waiting(), second: set().waiting() });
      const [one, other] = [cases(), cases()];
      const keys: string[][] = [[], []];
      for (let i = 0; i < 20; i++) {
        keys[0]?.push((await select(one, { fair: true })).key);
        keys[1]?.push((await select(other, { fair: true })).key);
      }
      for (const each of keys) {
        const firsts = each.filter((key) => key === 'first').length;
        expect(firsts).toBeGreaterThan(6);
        expect(firsts).toBeLessThan(14);
      }
    }),
  );

  it(
    'SE-3: lets no case take effect when it is cancelled',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<string>(0);
      const lock = new Lock();
      expect(await moveOnAfter(10, () => select({ item: receive.receiving() }))).toBeUndefined();
      expect(receive.statistics().tasksWaitingReceive).toBe(0);
      await new CancelScope().run(async (scope) => {
        scope.cancel();
        await select({ lock: lock.acquiring() });
      });
      expect(lock.locked).toBe(false);
      expect(() => send.sendNowait('nobody waits')).toThrow('no receiver waits');
    }),
  );

  it(
    'SE-3: keeps the result when it is cancelled after it has been served',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<string>(0);
      const scope = new CancelScope();
      await openNursery(async (nursery) => {
        const handle = nursery.startSoon(() => scope.run(() => select({ item: receive.receiving() })));
        await waitAllTasksBlocked();
        send.sendNowait('served');
        scope.cancel();
        expect(await handle.result()).toEqual({ key: 'item', value: 'served' });
      });
    }),
  );

  it(
    'SE-4: fails with the error of a case, which names the case',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<string>(0);
      const never = new Event();
      const failing = async (): Promise<Error> =>
        (await thrownBy(() => select({ never: never.waiting(), jobs: receive.receiving() }))) as Error;
      await openNursery(async (nursery) => {
        const handle = nursery.startSoon(failing);
        await waitAllTasksBlocked();
        send.close();
        const error = await handle.result();
        expect(error).toBeInstanceOf(EndOfChannel);
        expect(error.message).toBe('select(), case jobs: receive(): all senders of the channel have closed their ends');
      });
      expect(await failing()).toBeInstanceOf(EndOfChannel);
      receive.close();
      expect(await failing()).toBeInstanceOf(ClosedResourceError);
      expect(never.statistics().tasksWaiting).toBe(0);
      const [sendMore, receiveMore] = openMemoryChannel<string>(0);
      receiveMore.close();
      expect(await thrownBy(() => select({ full: sendMore.sending('x') }))).toBeInstanceOf(BrokenResourceError);
    }),
  );

  it(
    'SE-4: fails with the error of a lock that the task holds already',
    testRun(async () => {
      const lock = new Lock();
      using _ = await lock.acquire();
      const error = await thrownBy(() => select({ again: lock.acquiring() }));
      expect(error).toBeInstanceOf(StateError);
      expect((error as Error).message).toContain('case again');
    }),
  );

  it(
    'SE-4: names the case in an error of its own, and leaves the error of the others as it is',
    testRun(async () => {
      const emitter = new EventEmitter();
      const events = receiveEvents(emitter, 'data', { buffer: 1 });
      const failure = Object.freeze(new RangeError('wrong'));
      await openNursery(async (nursery) => {
        const handle = nursery.startSoon(() => thrownBy(() => select({ event: events.receiving() })));
        await waitAllTasksBlocked();
        emitter.emit('error', failure);
        expect(await handle.result()).toBe(failure);
      });
      const slow = receiveEvents(emitter, 'data', { buffer: 1 });
      emitter.emit('data', 1);
      emitter.emit('data', 2);
      await slow.receive();
      for (let i = 0; i < 2; i++) {
        const error = (await thrownBy(() => select({ event: slow.receiving() }))) as Error;
        expect(error).toBeInstanceOf(BrokenResourceError);
        expect(error.message).toMatch(/^select\(\), case event: receiveEvents\(\)/);
        expect((error.cause as Error).message).toMatch(/^receiveEvents\(\)/);
      }
    }),
  );

  it('SE-1: keeps the result that has taken effect when another case cannot be withdrawn, and says so', async () => {
    const stuck: Selectable<void> = {
      poll: () => undefined,
      arm: () => () => {
        throw new RangeError('stuck');
      },
    };
    let selected: unknown;
    let left: number | undefined;
    const program = async (): Promise<void> => {
      const [send, receive] = openMemoryChannel<number>(0);
      const never = new Event();
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          selected = await shielded(() => select({ stuck, item: receive.receiving(), never: never.waiting() }));
        });
        await waitAllTasksBlocked();
        send.sendNowait(1);
        left = never.statistics().tasksWaiting;
        await shielded(() => waitAllTasksBlocked());
      });
    };
    const error = await thrownBy(() => run(program));
    expect(error).toBeInstanceOf(InternalError);
    const names: string[] = [];
    for (let each = error; each instanceof Error; each = each.cause) names.push(each.name);
    expect(names.at(-1)).toBe('RangeError');
    expect([selected, left]).toEqual([{ key: 'item', value: 1 }, 0]);
  });

  it(
    'SE-5: lets two selects meet over a channel without a buffer',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<string>(0);
      await openNursery((nursery) => {
        nursery.startSoon(async () => {
          expect(await select({ sent: send.sending('hello'), late: after(1000) })).toEqual({
            key: 'sent',
            value: undefined,
          });
        });
        nursery.startSoon(async () => {
          expect(await select({ got: receive.receiving(), late: after(1000) })).toEqual({ key: 'got', value: 'hello' });
        });
      });
      expect(currentTime()).toBe(0);
    }),
  );

  it(
    'SE-5: takes the same channel in several cases, and does not meet itself',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<string>(0);
      const both = () => select({ sent: send.sending('mine'), got: receive.receiving(), again: receive.receiving() });
      await openNursery(async (nursery) => {
        const alone = nursery.startSoon(both);
        await waitAllTasksBlocked();
        expect(alone.state).toBe('running');
        await send.send('yours');
        expect(['got', 'again']).toContain((await alone.result()).key);
        const another = nursery.startSoon(both);
        await waitAllTasksBlocked();
        expect(await receive.receive()).toBe('mine');
        expect((await another.result()).key).toBe('sent');
        const [one, other] = [nursery.startSoon(both), nursery.startSoon(both)];
        const keys = [(await one.result()).key, (await other.result()).key];
        expect(keys.filter((key) => key === 'sent')).toHaveLength(1);
      });
      expect(send.statistics()).toMatchObject({ tasksWaitingReceive: 0, tasksWaitingSend: 0, currentBufferUsed: 0 });
    }),
  );

  it(
    'SE-6: takes no more steps than a single operation, and makes no object for a case that it has made before',
    testRun(async () => {
      /** How many microtasks pass until the operation that `help` serves has ended. */
      const stepsOf = async (operation: () => Promise<unknown>, help = (): void => undefined): Promise<number> => {
        let ended = false;
        void operation().then(() => (ended = true));
        help();
        for (let steps = 0; ; steps++) {
          if (ended) return steps;
          await Promise.resolve();
        }
      };
      const [send, receive] = openMemoryChannel<number>(1);
      const never = new Event();
      const item = receive.receiving();
      const selection = () => select({ never: never.waiting(), item, again: receive.receiving() });
      send.sendNowait(1);
      const ready = await stepsOf(() => receive.receive());
      send.sendNowait(2);
      expect(await stepsOf(selection)).toBe(ready);
      const waiting = await stepsOf(
        () => receive.receive(),
        () => send.sendNowait(3),
      );
      expect(await stepsOf(selection, () => send.sendNowait(4))).toBe(waiting);
      expect([receive.receiving(), never.waiting()]).toEqual([item, never.waiting()]);
      expect(receive.receiving()).toBe(item);
    }),
  );

  it(
    'reads each case once, and none takes effect if one is wrong',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(1);
      let reads = 0;
      const cases = {
        get item() {
          reads++;
          return receive.receiving();
        },
      };
      send.sendNowait(1);
      expect(await select(cases)).toEqual({ key: 'item', value: 1 });
      expect(reads).toBe(1);
      send.sendNowait(2);
      expect(await thrownBy(() => select({ ...cases, wrong: 1 as never }))).toBeInstanceOf(TypeError);
      expect(receive.receiveNowait()).toBe(2);
    }),
  );

  it(
    'refuses what cannot be selected, and says what to write',
    testRun(async () => {
      const event = new Event();
      const promise = event.wait();
      const error = await thrownBy(() => select({ event: promise as never }));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toContain('waiting() instead of wait()');
      expect(await thrownBy(() => select({}))).toBeInstanceOf(RangeError);
      expect(await thrownBy(() => select(undefined as never))).toBeInstanceOf(TypeError);
      event.set();
      await promise;
    }),
  );

  it('fails outside of a run', async () => {
    expect(await thrownBy(() => select({ event: new Event().waiting() }))).toBeInstanceOf(StateError);
  });
});

describe('selectNowait', () => {
  it('takes the first that is ready, and returns undefined when none is', () => {
    const [send, receive] = openMemoryChannel<string>(1);
    const semaphore = new Semaphore(0);
    const cases = { item: receive.receiving(), permit: semaphore.acquiring() };
    expect(selectNowait(cases)).toBeUndefined();
    semaphore.release();
    expect(selectNowait(cases)?.key).toBe('permit');
    send.sendNowait('x');
    expect(selectNowait(cases)).toEqual({ key: 'item', value: 'x' });
    send.close();
    expect(() => selectNowait(cases)).toThrow('selectNowait(), case item');
  });
});
