import { openNursery, run } from '@tercet/core';
import { openMemoryChannel } from '@tercet/sync';

/** The least that promises can do: a queue, and a promise for each side that has to wait. */
class PromiseQueue {
  #items = [];
  #capacity;
  #receiver;
  #sender;

  constructor(capacity) {
    this.#capacity = Math.max(capacity, 1);
  }

  async send(item) {
    while (this.#items.length >= this.#capacity) await new Promise((resolve) => (this.#sender = resolve));
    this.#items.push(item);
    this.#receiver?.();
    this.#receiver = undefined;
  }

  async receive() {
    while (this.#items.length === 0) await new Promise((resolve) => (this.#receiver = resolve));
    const item = this.#items.shift();
    this.#sender?.();
    this.#sender = undefined;
    return item;
  }
}

const handOff = (capacity) => ({
  name: `channel hand-off, capacity ${capacity}`,
  count: 100_000,
  implementations: {
    async promises(count) {
      const queue = new PromiseQueue(capacity);
      const produce = async () => {
        for (let index = 0; index < count; index++) await queue.send(index);
      };
      const consume = async () => {
        for (let index = 0; index < count; index++) await queue.receive();
      };
      await Promise.all([produce(), consume()]);
    },
    tercet: (count) =>
      run(async () => {
        const [sender, receiver] = openMemoryChannel(capacity);
        await openNursery((nursery) => {
          nursery.startSoon(async () => {
            for (let index = 0; index < count; index++) await sender.send(index);
            sender.close();
          });
          nursery.startSoon(async () => {
            for await (const item of receiver) if (item < 0) throw new Error('never');
          });
        });
      }),
  },
});

export default [handOff(0), handOff(1), handOff(100), handOff(Infinity)];
