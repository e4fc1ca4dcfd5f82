import { openNursery, run } from '@tercet/core';
import { openMemoryChannel } from '@tercet/sync';
import { Effect, Fiber, Queue } from 'effect';

/** The least that promises can do: a queue, and promises for those who have to wait. */
class PromiseQueue {
  #items = [];
  #capacity;
  #receivers = [];
  #senders = [];

  constructor(capacity) {
    this.#capacity = Math.max(capacity, 1);
  }

  async send(item) {
    while (this.#items.length >= this.#capacity) await new Promise((resolve) => this.#senders.push(resolve));
    this.#items.push(item);
    this.#receivers.shift()?.();
  }

  async receive() {
    while (this.#items.length === 0) await new Promise((resolve) => this.#receivers.push(resolve));
    const item = this.#items.shift();
    this.#senders.shift()?.();
    return item;
  }
}

/** Queues without waiting, and of many producers, are as fast as promises let them be; a hand-over is compared with Effect's. */
const targetsOf = (capacity, producers) => {
  if (producers > 1) return [{ than: 'promises', atMost: 1.3 }];
  if (capacity === Infinity) return [{ than: 'promises', atMost: 0.9 }];
  return [{ than: 'effect', atMost: capacity === 0 ? 0.35 : 0.25 }];
};

const handOff = (capacity, producers) => ({
  name: `channel, capacity ${capacity}, ${producers} producer${producers === 1 ? '' : 's'}`,
  count: 100_000,
  targets: targetsOf(capacity, producers),
  implementations: {
    async promises(count) {
      const queue = new PromiseQueue(capacity);
      const produce = async () => {
        for (let index = 0; index < count / producers; index++) await queue.send(index);
      };
      const consume = async () => {
        for (let index = 0; index < count; index++) await queue.receive();
      };
      await Promise.all([consume(), ...Array.from({ length: producers }, produce)]);
    },
    tercet: (count) =>
      run(async () => {
        const [sender, receiver] = openMemoryChannel(capacity);
        await openNursery((nursery) => {
          for (let producer = 0; producer < producers; producer++) {
            nursery.startSoon(async () => {
              for (let index = 0; index < count / producers; index++) await sender.send(index);
            });
          }
          nursery.startSoon(async () => {
            for (let index = 0; index < count; index++) await receiver.receive();
          });
        });
      }),
    effect: (count) =>
      Effect.runPromise(
        Effect.gen(function* () {
          // Bounded in any case: its unbounded queue has no back-pressure, and takes another way.
          const queue = yield* Queue.bounded(capacity === Infinity ? count : Math.max(capacity, 1));
          const produce = Effect.gen(function* () {
            for (let index = 0; index < count / producers; index++) yield* Queue.offer(queue, index);
          });
          const fibers = [];
          for (let producer = 0; producer < producers; producer++) fibers.push(yield* Effect.forkChild(produce));
          for (let index = 0; index < count; index++) yield* Queue.take(queue);
          yield* Fiber.joinAll(fibers);
        }),
      ),
  },
});

export default [1, 10].flatMap((producers) => [0, 1, 100, Infinity].map((capacity) => handOff(capacity, producers)));
