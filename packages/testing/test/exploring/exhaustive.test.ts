import assert from 'node:assert/strict';
import { afterAll, expect, it } from '@jest/globals';
import { CancelScope, checkpoint, openNursery } from '@tercet/core';
import { Condition, Event, Lock, openMemoryChannel, select, Semaphore } from '@tercet/sync';
import { explore } from '@tercet/testing';
import { exchange } from './exchange.ts';

const programs: Readonly<Record<string, () => Promise<unknown>>> = {
  'a Lock lets one task in at a time': async () => {
    const lock = new Lock();
    let inside = 0;
    await openNursery((nursery) => {
      for (let task = 0; task < 3; task++) {
        nursery.startSoon(() =>
          lock.run(async () => {
            assert.equal(++inside, 1);
            await checkpoint();
            inside--;
          }),
        );
      }
    });
    assert.equal(lock.locked, false);
  },
  'a Lock is passed on when a task that waits for it is cancelled': async () => {
    const lock = new Lock();
    const scope = new CancelScope();
    let entered = 0;
    await openNursery((nursery) => {
      nursery.startSoon(() => lock.run(checkpoint));
      nursery.startSoon(() => scope.run(() => lock.run(() => void entered++)));
      nursery.startSoon(() => lock.run(() => void entered++));
      nursery.startSoon(() => scope.cancel());
    });
    assert.equal(lock.locked, false);
    assert.ok(entered === 2 || scope.cancelledCaught);
  },
  'a Semaphore lets in as many as it has places': async () => {
    const places = new Semaphore(2);
    let inside = 0;
    await openNursery((nursery) => {
      for (let task = 0; task < 3; task++) {
        nursery.startSoon(async () => {
          using _ = await places.acquire();
          assert.ok(++inside <= 2);
          await checkpoint();
          inside--;
        });
      }
    });
    assert.equal(places.value, 2);
  },
  'a Condition wakes who waits for what has changed': async () => {
    const condition = new Condition();
    let items = 0;
    await openNursery((nursery) => {
      for (let task = 0; task < 2; task++) {
        nursery.startSoon(async () => {
          using _ = await condition.acquire();
          while (items === 0) await condition.wait();
          items--;
        });
      }
      nursery.startSoon(async () => {
        for (let item = 0; item < 2; item++) {
          using _ = await condition.acquire();
          items++;
          condition.notify();
        }
      });
    });
    assert.equal(items, 0);
  },
  'an Event wakes all, whenever they come': async () => {
    const event = new Event();
    await openNursery((nursery) => {
      for (let task = 0; task < 3; task++) nursery.startSoon(() => event.wait());
      nursery.startSoon(() => event.set());
    });
  },
  'a select takes one item, independently of the other case': async () => {
    const [left, fromLeft] = openMemoryChannel<number>(0);
    const [right, fromRight] = openMemoryChannel<number>(0);
    const got: number[] = [];
    await openNursery((nursery) => {
      nursery.startSoon(() => left.send(1));
      nursery.startSoon(() => right.send(2));
      nursery.startSoon(async () => {
        for (let count = 0; count < 2; count++) {
          got.push((await select({ left: fromLeft.receiving(), right: fromRight.receiving() })).value);
        }
      });
    });
    assert.equal(got[0]! + got[1]!, 3);
  },
  'a memory channel of capacity 0 loses nothing when a producer is cancelled': () => exchange(0, 'producer'),
  'a memory channel of capacity 1 loses nothing when a producer is cancelled': () => exchange(1, 'producer'),
};

const numbers: string[] = [];

it.each(Object.entries(programs))(
  'XO-2: %s, in all orders',
  async (title, program) => {
    const { runs, exhausted } = await explore(program, { strategy: 'exhaustive', runs: Infinity });
    numbers.push(`${title}: ${runs} orders`);
    expect(exhausted).toBe(true);
    expect(runs).toBeGreaterThan(10);
  },
  120_000,
);

afterAll(() => {
  process.stdout.write(`${numbers.join('\n')}\n`);
});
