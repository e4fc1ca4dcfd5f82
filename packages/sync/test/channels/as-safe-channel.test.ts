import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import {
  CancelScope,
  checkpoint,
  ClosedResourceError,
  EndOfChannel,
  ExceptionGroup,
  isCancelled,
  moveOnAfter,
  openNursery,
  shielded,
  sleep,
  sleepForever,
  StateError,
} from '@tercet/core';
import { currentTask, taskTree, formatTaskTree } from '@tercet/core/lowlevel';
import { asSafeChannel } from '@tercet/sync';
import type { ReceiveChannel } from '@tercet/sync';
import { assertCheckpoints, testRun, waitAllTasksBlocked } from '@tercet/testing';

/** A generator of the numbers below a limit that writes down what happens to it. */
function counting(log: string[]): (limit: number) => AsyncGenerator<number> {
  return async function* count(limit) {
    log.push('begins');
    try {
      for (let number = 0; number < limit; number++) {
        log.push(`makes ${number}`);
        yield number;
      }
      log.push('is done');
    } finally {
      log.push('cleans up');
    }
  };
}

/** A `Cancelled` that was meant for a task that has ended. */
async function strayCancelled(): Promise<unknown> {
  let stray: unknown;
  await moveOnAfter(0, async () => {
    try {
      await sleepForever();
    } catch (error) {
      stray = error;
      throw error;
    }
  });
  return stray;
}

async function collect<T>(channel: ReceiveChannel<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of channel) items.push(item);
  return items;
}

describe('asSafeChannel', () => {
  it(
    'CHN-030: the loop ends with the generator',
    testRun(async () => {
      const log: string[] = [];
      const items = await assertCheckpoints(() => asSafeChannel(counting(log))(3, collect));
      expect(items).toEqual([0, 1, 2]);
      expect(log.slice(-2)).toEqual(['is done', 'cleans up']);
    }),
  );

  it(
    'CHN-031: gives nothing more when it is closed, which is not an error at the end',
    testRun(async () => {
      const log: string[] = [];
      await asSafeChannel(counting(log))(3, async (channel) => {
        for await (const item of channel) {
          expect(item).toBe(0);
          break;
        }
        await channel[Symbol.asyncDispose]();
        await expect(channel.receive()).rejects.toThrow(ClosedResourceError);
        await expect(channel[Symbol.asyncIterator]().next()).rejects.toThrow(ClosedResourceError);
      });
      expect(log).toEqual(['begins', 'makes 0', 'cleans up']);
    }),
  );

  it(
    'CHN-032: a generator never begins when its consumer is cancelled before',
    testRun(async () => {
      const log: string[] = [];
      const scope = new CancelScope();
      await scope.run(() =>
        asSafeChannel(counting(log))(3, (channel) => {
          scope.cancel();
          return collect(channel);
        }),
      );
      expect([scope.cancelledCaught, log]).toEqual([true, []]);
    }),
  );

  it(
    'CHN-033: an error of the generator comes out as it is, and its loop does not look complete',
    testRun(async () => {
      const failure = new Error('from the generator');
      const failing = asSafeChannel(async function* () {
        yield 1;
        throw failure;
      });
      const received: number[] = [];
      let thrown: unknown;
      let completed = false;
      try {
        await failing(async (channel) => {
          for await (const item of channel) received.push(item);
          completed = true;
        });
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBe(failure);
      expect([received, completed]).toEqual([[1], false]);
    }),
  );

  it(
    'CHN-033: nor is it lost when the consumer is shielded, or busy, or gone',
    testRun(async () => {
      const failing = asSafeChannel(async function* () {
        yield 1;
        throw new Error('from the generator');
      });
      const behindShield = failing((channel) => shielded(() => collect(channel)));
      await expect(behindShield).rejects.toThrow('from the generator');
      const twoReceivers = failing(async (channel) => {
        await openNursery((nursery) => {
          nursery.startSoon(() => channel.receive());
          nursery.startSoon(() => channel.receive());
        });
      });
      await expect(twoReceivers).rejects.toThrow('from the generator');
      const inCleanup = asSafeChannel(async function* () {
        try {
          yield 1;
        } finally {
          await Promise.reject(new Error('from the cleanup'));
        }
      })((channel) => channel.receive());
      await expect(inCleanup).rejects.toThrow('from the cleanup');
    }),
  );

  it(
    'CHN-034: the generator makes one item for each that is asked for, and none ahead',
    testRun(async () => {
      const log: string[] = [];
      await asSafeChannel(counting(log))(5, async (channel) => {
        await sleep(100);
        expect(log).toEqual([]);
        let consumed = 0;
        for await (const item of channel) {
          expect(item).toBe(consumed++);
          await checkpoint();
          await moveOnAfter(10, sleepForever);
          expect(log.length).toBe(1 + consumed);
        }
      });
    }),
  );

  it(
    'CHN-034: an item goes to the next receiver if the one that it was made for was cancelled meanwhile',
    testRun(async () => {
      const made: number[] = [];
      const slow = asSafeChannel(async function* () {
        for (let item = 0; ; item++) {
          await sleep(100);
          made.push(item);
          yield item;
        }
      });
      await slow(async (channel) => {
        expect(await moveOnAfter(50, () => channel.receive())).toBeUndefined();
        await sleep(1000);
        expect(made).toEqual([0]);
        expect(await channel.receive()).toBe(0);
        expect(made).toEqual([0]);
        expect(await channel.receive()).toBe(1);
        expect(made).toEqual([0, 1]);
      });
    }),
  );

  it(
    'G-72: several receivers are served in the order in which they came',
    testRun(async () => {
      const log: string[] = [];
      const received: string[] = [];
      await asSafeChannel(counting(log))(3, async (channel) => {
        await openNursery(async (nursery) => {
          for (const name of ['a', 'b', 'c']) {
            nursery.startSoon(async () => {
              const item = await channel.receive();
              received.push(`${name} ${item}`);
            });
          }
        });
        await expect(channel.receive()).rejects.toThrow(EndOfChannel);
      });
      expect(received).toEqual(['a 0', 'b 1', 'c 2']);
    }),
  );

  it(
    'G-72: the generator is cancelled, and has cleaned up, before the call returns',
    testRun(async () => {
      const log: string[] = [];
      const waiting = asSafeChannel(async function* () {
        try {
          yield 1;
          await sleepForever();
        } catch (error) {
          log.push(isCancelled(error) ? String(error.reason) : 'another error');
          throw error;
        } finally {
          await shielded(() => sleep(1000));
          log.push('cleaned up');
        }
      });
      const value = await waiting(async (channel) => {
        expect(await channel.receive()).toBe(1);
        expect(await moveOnAfter(10, () => channel.receive())).toBeUndefined();
        return 'the value of the body';
      });
      expect(value).toBe('the value of the body');
      expect(log).toEqual(['the body of asSafeChannel() has ended', 'cleaned up']);
    }),
  );

  it(
    'G-72: the cleanup of a generator that stands at a yield is cancelled, too, where it waits',
    testRun(async () => {
      const log: string[] = [];
      const generator = asSafeChannel(async function* () {
        try {
          yield 1;
        } finally {
          log.push('begins to clean up');
          await sleepForever();
        }
      });
      expect(await generator((channel) => channel.receive())).toBe(1);
      expect(log).toEqual(['begins to clean up']);
    }),
  );

  it(
    'G-72: an error of the body comes out as it is, and ends the generator',
    testRun(async () => {
      const log: string[] = [];
      const failure = new Error('from the body');
      let thrown: unknown;
      try {
        await asSafeChannel(counting(log))(3, async (channel) => {
          await channel.receive();
          throw failure;
        });
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBe(failure);
      expect(log).toEqual(['begins', 'makes 0', 'cleans up']);
    }),
  );

  it(
    'G-72: when both fail, both errors come out',
    testRun(async () => {
      const both = asSafeChannel(async function* () {
        try {
          yield 1;
        } finally {
          await Promise.reject(new Error('from the generator'));
        }
      })(async (channel) => {
        await channel.receive();
        throw new Error('from the body');
      });
      await expect(both).rejects.toMatchObject({
        name: 'ExceptionGroup',
        message: 'asSafeChannel(): generator and body have failed',
        errors: [{ message: 'from the body' }, { message: 'from the generator' }],
      });
    }),
  );

  it(
    'CHN-036: two of the same function can be nested',
    testRun(async () => {
      const numbers = asSafeChannel(counting([]));
      const pairs: string[] = [];
      await numbers(2, async (outer) => {
        for await (const first of outer) {
          await numbers(2, async (inner) => {
            for await (const second of inner) pairs.push(`${first}${second}`);
          });
        }
      });
      expect(pairs).toEqual(['00', '01', '10', '11']);
    }),
  );

  it(
    'CHN-037: a scope that is cancelled in the generator is not the consumer’s',
    testRun(async () => {
      const cancelling = asSafeChannel(async function* () {
        for (let item = 0; item < 3; item++) {
          const scope = new CancelScope();
          await scope.run(async () => {
            scope.cancel();
            await sleepForever();
          });
          yield scope.cancelledCaught;
        }
      });
      await cancelling(async (channel) => {
        for await (const caught of channel) {
          expect(caught).toBe(true);
          await checkpoint();
        }
      });
    }),
  );

  it(
    'CHN-037: a deadline of the consumer does not count for the generator, which runs in its own task',
    testRun(async () => {
      const tasks: unknown[] = [];
      const slow = asSafeChannel(async function* () {
        for (;;) {
          tasks.push(currentTask());
          await sleep(100);
          yield 'item';
        }
      });
      await slow(async (channel) => {
        expect(await moveOnAfter(50, () => channel.receive())).toBeUndefined();
        expect(await moveOnAfter(60, () => channel.receive())).toBe('item');
        expect(await channel.receive()).toBe('item');
      });
      expect(new Set(tasks).size).toBe(1);
      expect(tasks[0]).not.toBe(currentTask());
    }),
  );

  it(
    'CHN-038: a group that the body throws stays as it is',
    testRun(async () => {
      const group = new ExceptionGroup('of the user', [new Error('one')]);
      let thrown: unknown;
      try {
        await asSafeChannel(counting([]))(1, () => Promise.reject(group));
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBe(group);
    }),
  );

  it(
    'CHN-041: a generator that has opened a nursery ends without a trace when the loop is left early',
    testRun(async () => {
      const log: string[] = [];
      const numbers = asSafeChannel(counting(log));
      const doubled = asSafeChannel(async function* () {
        // A yield cannot stand inside the nursery; what comes nearest is a generator that feeds from tasks.
        const items = await numbers(3, collect);
        for (const item of items) yield 2 * item;
        await openNursery((nursery) => nursery.startSoon(sleepForever));
      });
      await doubled(async (channel) => {
        for await (const item of channel) if (item === 4) break;
        await moveOnAfter(10, () => channel.receive());
      });
      expect(log.at(-1)).toBe('cleans up');
    }),
  );

  it(
    'CHN-046: a channel that is closed before the first item has never begun its generator',
    testRun(async () => {
      const log: string[] = [];
      await asSafeChannel(counting(log))(3, async (channel) => {
        await channel.close();
        await expect(channel.receive()).rejects.toThrow(ClosedResourceError);
        await checkpoint();
      });
      expect(log).toEqual([]);
    }),
  );

  it(
    'CHN-047: a generator that closes its own channel goes no further, and its consumer gets an error',
    testRun(async () => {
      const log: string[] = [];
      let own: ReceiveChannel<number> | undefined;
      const closing = asSafeChannel(async function* () {
        await own?.close();
        yield 1;
        log.push('has gone on');
        yield 2;
      });
      await closing(async (channel) => {
        own = channel;
        await expect(channel.receive()).rejects.toThrow(ClosedResourceError);
        await expect(channel.receive()).rejects.toThrow(ClosedResourceError);
        await sleep(10);
      });
      expect(log).toEqual([]);
    }),
  );

  it(
    'G-72: closing from another task wakes the task that iterates',
    testRun(async () => {
      const endless = asSafeChannel(async function* () {
        yield 1;
        await sleepForever();
      });
      await endless(async (channel) => {
        await openNursery(async (nursery) => {
          nursery.startSoon(() => expect(collect(channel)).rejects.toThrow(ClosedResourceError));
          await waitAllTasksBlocked();
          await channel.close();
        });
      });
    }),
  );

  it(
    'lets the cancellation of an outer scope through, from wherever it arrives',
    testRun(async () => {
      const scope = new CancelScope();
      const log: string[] = [];
      let thrown: unknown;
      await scope.run(async () => {
        try {
          await asSafeChannel(async function* () {
            try {
              yield 1;
              await sleepForever();
            } finally {
              log.push('cleaned up');
            }
          })(async (channel) => {
            await channel.receive();
            scope.relativeDeadline = 50;
            await channel.receive();
          });
        } catch (error) {
          thrown = error;
          throw error;
        }
      });
      expect(isCancelled(thrown)).toBe(true);
      expect([scope.cancelledCaught, log]).toEqual([true, ['cleaned up']]);
    }),
  );

  it(
    'G-72: a real error comes out alone when the rest was only cancelled',
    testRun(async () => {
      const failure = new Error('from the cleanup');
      const scope = new CancelScope();
      let thrown: unknown;
      try {
        await scope.run(() =>
          asSafeChannel(async function* () {
            try {
              yield 1;
            } finally {
              await Promise.reject(failure);
            }
          })(async (channel) => {
            await channel.receive();
            scope.cancel();
            await sleepForever();
          }),
        );
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBe(failure);
    }),
  );

  it(
    'is closed when the body has ended',
    testRun(async () => {
      let kept: ReceiveChannel<number> | undefined;
      await asSafeChannel(counting([]))(3, async (channel) => {
        kept = channel;
        await channel.receive();
      });
      await expect(kept!.receive()).rejects.toThrow(ClosedResourceError);
      expect(inspect(kept)).toBe('<MemoryReceiveChannel closed, 0 of 0 buffered, 0 waiting to send, 0 to receive>');
    }),
  );

  it(
    'shows the generator by its name in the task tree',
    testRun(async () => {
      await asSafeChannel(counting([]))(1, async () => {
        await waitAllTasksBlocked();
        expect(formatTaskTree(taskTree())).toMatch(/count/);
      });
    }),
  );

  it(
    'reports a receive that the body has forgotten to await',
    testRun(async () => {
      const forgetting = asSafeChannel(counting([]))(1, (channel) => {
        void channel.receive();
      });
      await expect(forgetting).rejects.toThrow('await');
    }),
  );

  it(
    'C-2: a Cancelled of another scope is not taken for the end of the generator',
    testRun(async () => {
      const stray = await strayCancelled();
      const failing = asSafeChannel(async function* () {
        yield 1;
        throw stray;
      });
      let completed = false;
      const call = failing(async (channel) => {
        for await (const _ of channel);
        completed = true;
      });
      await expect(call).rejects.toMatchObject({ cause: stray });
      expect(completed).toBe(false);
    }),
  );

  it(
    'C-2: nor for the end of the body',
    testRun(async () => {
      const stray = await strayCancelled();
      const call = asSafeChannel(counting([]))(3, async (channel) => {
        await channel.receive();
        throw stray;
      });
      await expect(call).rejects.toMatchObject({ cause: stray });
    }),
  );

  it(
    'C-2: an error that holds nothing but Cancelled does not hide a real one',
    testRun(async () => {
      const failure = new Error('from the cleanup');
      const scope = new CancelScope();
      let thrown: unknown;
      try {
        await scope.run(() =>
          asSafeChannel(async function* () {
            try {
              yield 1;
            } finally {
              await Promise.reject(failure);
            }
          })(async (channel) => {
            await channel.receive();
            scope.cancel();
            const cancelled = await sleepForever().catch((error: unknown) => error);
            // The error of `await using` when both the block and the disposal were cancelled.
            throw Object.assign(new Error(), { name: 'SuppressedError', error: cancelled, suppressed: cancelled });
          }),
        );
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBe(failure);
    }),
  );

  it.each<[string, unknown]>([
    ['a promise', Promise.resolve()],
    ['nothing', undefined],
    ['an iterable that is not an iterator', [1, 2]],
    ['a function', () => undefined],
  ])('C-1: refuses a function that returns %s', (_, value) =>
    testRun(async () => {
      const call = asSafeChannel(() => value as AsyncGenerator)(collect);
      await expect(call).rejects.toThrow('asSafeChannel() takes a function that returns an async generator');
    })(),
  );

  it(
    'C-1: takes an iterator that has only next()',
    testRun(async () => {
      let count = 0;
      const foreign = { next: () => ({ value: ++count, done: count > 3 ? 'yes' : undefined }) };
      const numbers = asSafeChannel(() => foreign as unknown as AsyncGenerator<number>);
      expect(await numbers(collect)).toEqual([1, 2, 3]);
      count = 0;
      expect(await numbers((channel) => channel.receive())).toBe(1);
    }),
  );

  it(
    'C-1: refuses what is not a step of an iterator, and cleans up',
    testRun(async () => {
      const next = { next: () => undefined } as unknown as AsyncGenerator;
      await expect(asSafeChannel(() => next)(collect)).rejects.toThrow(
        'the generator of asSafeChannel() returned undefined from next(), not { value, done }',
      );
      const steps = { next: () => ({ value: 1 }), return: () => 'done' } as unknown as AsyncGenerator;
      await expect(asSafeChannel(() => steps)((channel) => channel.receive())).rejects.toThrow(
        'returned done from return(), not { value, done }',
      );
    }),
  );

  it(
    'C-1: an iterator that throws in next() is at its end: return() is not called, and hides nothing',
    testRun(async () => {
      const failure = new Error('from next()');
      const foreign = {
        next: () => {
          throw failure;
        },
        return: () => Promise.reject(new Error('from return()')),
      };
      let thrown: unknown;
      try {
        await asSafeChannel(() => foreign as unknown as AsyncGenerator)(collect);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBe(failure);
    }),
  );

  it(
    'C-1: a generator that yields while it cleans up is an error, since the rest of its cleanup never happens',
    testRun(async () => {
      const yielding = asSafeChannel(async function* () {
        try {
          yield 1;
        } finally {
          yield 2;
        }
      });
      await expect(yielding((channel) => channel.receive())).rejects.toThrow(
        'the generator of asSafeChannel() yields an item while it cleans up',
      );
    }),
  );

  it(
    'C-19: an item that is a promise is refused, and the generator cleans up',
    testRun(async () => {
      const log: string[] = [];
      const foreign = {
        next: () => Promise.resolve({ value: { then: () => undefined }, done: false }),
        return: () => {
          log.push('cleaned up');
          return Promise.resolve({ value: undefined, done: true });
        },
      };
      const call = asSafeChannel(() => foreign as unknown as AsyncGenerator)(collect);
      await expect(call).rejects.toThrow('the generator of asSafeChannel(): a promise');
      expect(log).toEqual(['cleaned up']);
    }),
  );

  it.each<[string, PropertyDescriptor]>([
    ['is not a string', { value: 5 }],
    [
      'throws',
      {
        get() {
          throw new Error('no name');
        },
      },
    ],
    ['is empty', { value: '' }],
  ])('C-17: takes a generator function whose name %s', (_, name) =>
    testRun(async () => {
      const nameless = Object.defineProperty(counting([]), 'name', name);
      await asSafeChannel(nameless)(1, async (channel) => {
        await waitAllTasksBlocked();
        expect(formatTaskTree(taskTree())).toMatch(/task generator/);
        await channel.receive();
      });
    })(),
  );

  it(
    'takes functions, and says so',
    testRun(async () => {
      expect(() => asSafeChannel(counting([])(1) as never)).toThrow(TypeError);
      await expect(asSafeChannel(counting([]))(1, undefined as never)).rejects.toThrow(TypeError);
    }),
  );

  it('works in a run only', async () => {
    await expect(asSafeChannel(counting([]))(1, collect)).rejects.toThrow(StateError);
  });
});
