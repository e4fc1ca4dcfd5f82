import { openNursery, run } from '@tercet/core';
import { Event, openMemoryChannel, select, Semaphore } from '@tercet/sync';

// The price of a selection beside that of its cases alone, one after the other (SE-6 of the rules of `select`).

const CASES = ['a', 'b', 'c'];

/** The cases that are looked at first have nothing, and the last one has always something. */
const ready = {
  name: 'select, 3 cases, one is ready',
  count: 30_000,
  baseline: 'tercet',
  targets: [{ than: 'singly', atMost: 1.5 }],
  implementations: {
    tercet: (count) =>
      run(async () => {
        const [, never] = openMemoryChannel(1);
        const [send, receive] = openMemoryChannel(1);
        const event = new Event();
        for (let index = 0; index < count; index++) {
          send.sendNowait(index);
          await select({ never: never.receiving(), event: event.waiting(), item: receive.receiving() });
        }
      }),
    singly: (count) =>
      run(async () => {
        const channels = CASES.map(() => openMemoryChannel(1));
        for (let index = 0; index < count; index++) {
          for (const [send, receive] of channels) {
            send.sendNowait(index);
            await receive.receive();
          }
        }
      }),
  },
};

/** A task waits for three channels, and another one sends to them in turn; or it waits for each in turn. */
const waiting = {
  name: 'select, 3 cases, all wait',
  count: 30_000,
  baseline: 'tercet',
  targets: [{ than: 'singly', atMost: 1.5 }],
  implementations: {
    tercet: (count) =>
      run(async () => {
        const [a, b, c] = CASES.map(() => openMemoryChannel(0));
        const senders = [a[0], b[0], c[0]];
        await openNursery((nursery) => {
          nursery.startSoon(async () => {
            for (let index = 0; index < count; index++) {
              await select({ a: a[1].receiving(), b: b[1].receiving(), c: c[1].receiving() });
            }
          });
          nursery.startSoon(async () => {
            for (let index = 0; index < count; index++) await senders[index % 3].send(index);
          });
        });
      }),
    singly: (count) =>
      run(async () => {
        const channels = CASES.map(() => openMemoryChannel(0));
        await openNursery((nursery) => {
          nursery.startSoon(async () => {
            for (let index = 0; index < count; index++) for (const [, receive] of channels) await receive.receive();
          });
          nursery.startSoon(async () => {
            for (let index = 0; index < count; index++) for (const [send] of channels) await send.send(index);
          });
        });
      }),
  },
};

/** One case: the selection itself is what is paid for. */
const alone = {
  name: 'select, 1 case',
  count: 50_000,
  baseline: 'tercet',
  targets: [{ than: 'singly', atMost: 1.5 }],
  implementations: {
    tercet: (count) =>
      run(async () => {
        const semaphore = new Semaphore(1);
        for (let index = 0; index < count; index++) {
          const { value } = await select({ permit: semaphore.acquiring() });
          value[Symbol.dispose]();
        }
      }),
    singly: (count) =>
      run(async () => {
        const semaphore = new Semaphore(1);
        for (let index = 0; index < count; index++) {
          const held = await semaphore.acquire();
          held[Symbol.dispose]();
        }
      }),
  },
};

/** One case that waits. */
const aloneWaiting = {
  name: 'select, 1 case, it waits',
  count: 30_000,
  baseline: 'tercet',
  targets: [{ than: 'singly', atMost: 1.5 }],
  implementations: Object.fromEntries(
    [
      ['tercet', (receive) => select({ item: receive.receiving() })],
      ['singly', (receive) => receive.receive()],
    ].map(([name, take]) => [
      name,
      (count) =>
        run(async () => {
          const [send, receive] = openMemoryChannel(0);
          await openNursery((nursery) => {
            nursery.startSoon(async () => {
              for (let index = 0; index < count; index++) await take(receive);
            });
            nursery.startSoon(async () => {
              for (let index = 0; index < count; index++) await send.send(index);
            });
          });
        }),
    ]),
  ),
};

export default [alone, aloneWaiting, ready, waiting];
