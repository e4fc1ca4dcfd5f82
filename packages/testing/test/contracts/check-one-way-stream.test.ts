import { describe, expect, it } from '@jest/globals';
import {
  BrokenResourceError,
  BusyResourceError,
  checkpoint,
  ClosedResourceError,
  openNursery,
  run,
  sleepForever,
  StateError,
} from '@tercet/core';
import { cancelShieldedCheckpoint } from '@tercet/core/lowlevel';
import type { ReceiveStream, SendStream } from '@tercet/streams';
import {
  checkOneWayStream,
  lockstepStreamOneWayPair,
  memoryStreamOneWayPair,
  oneWayStreamClauses,
  testRun,
  waitAllTasksBlocked,
} from '@tercet/testing';

type Pair = [SendStream, ReceiveStream];

/** Makes a pair of broken streams: `change` gets both, and returns the methods to replace. */
function broken(
  make: () => Pair,
  change: (send: SendStream, receive: ReceiveStream) => [Partial<SendStream>, Partial<ReceiveStream>],
): () => Pair {
  return () => {
    const [send, receive] = make();
    // Bound, so that the original stream calls its own methods and not the replaced ones.
    const [sendChanges, receiveChanges] = change(bound(send), bound(receive));
    return [Object.assign(send, sendChanges), Object.assign(receive, receiveChanges)];
  };
}

function bound<T extends SendStream | ReceiveStream>(stream: T): T {
  const names = ['sendAll', 'waitSendAllMightNotBlock', 'receiveSome', 'close', Symbol.asyncIterator] as const;
  const methods = names.flatMap((name) => {
    const method = (stream as unknown as Record<PropertyKey, unknown>)[name];
    return typeof method === 'function' ? [[name, method.bind(stream)] as const] : [];
  });
  return Object.fromEntries(methods) as unknown as T;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const nothing = (): Promise<void> => Promise.resolve();

async function swallow(error: unknown, type: new (message: string) => Error): Promise<void> {
  if (!(error instanceof type)) throw error;
  await cancelShieldedCheckpoint();
}

// For each clause, the mistakes that it has to notice, and a part of its error text.
const cases: Record<string, [mistake: string, says: string, make: () => Pair][]> = {
  'STR-001': [
    [
      'sendAll returns something',
      'sendAll() returned 1 instead of nothing',
      broken(memoryStreamOneWayPair, (s) => [{ sendAll: (data) => s.sendAll(data).then(() => 1 as never) }, {}]),
    ],
    [
      'sendAll is not a checkpoint',
      'a checkpoint was expected',
      broken(memoryStreamOneWayPair, () => [{ sendAll: nothing }, {}]),
    ],
    [
      'receiveSome is not a checkpoint',
      'a checkpoint was expected',
      broken(memoryStreamOneWayPair, () => [{}, { receiveSome: () => Promise.resolve(bytes(120)) }]),
    ],
    [
      'another byte arrives',
      'returned "y" instead of "x"',
      broken(memoryStreamOneWayPair, (_, r) => [{}, { receiveSome: (n) => r.receiveSome(n).then(() => bytes(121)) }]),
    ],
    [
      'nothing arrives',
      'it hangs: it has not ended after 30 ms of real time',
      broken(memoryStreamOneWayPair, (s) => [{ sendAll: () => s.sendAll('') }, {}]),
    ],
  ],
  'STR-002': [
    [
      'empty data ends the stream',
      'returned null instead of "y"',
      broken(memoryStreamOneWayPair, (s) => [
        { sendAll: (d) => ((d as string).length ? s.sendAll(d) : s.close()) },
        {},
      ]),
    ],
  ],
  'STR-003': [
    [
      'views are sent whole',
      'instead of "A"',
      broken(memoryStreamOneWayPair, (s) => [
        { sendAll: (d) => s.sendAll(typeof d === 'string' ? d : new Uint8Array(d.buffer as ArrayBuffer)) },
        {},
      ]),
    ],
    [
      'only Uint8Array is accepted',
      'TypeError: what is this?',
      broken(memoryStreamOneWayPair, (s) => [
        {
          sendAll: (d) =>
            typeof d === 'string' || 'subarray' in d ? s.sendAll(d) : Promise.reject(new TypeError('what is this?')),
        },
        {},
      ]),
    ],
  ],
  'STR-004': [
    [
      'any number is accepted',
      'receiveSome(-1) returned',
      broken(memoryStreamOneWayPair, () => [{}, { receiveSome: () => Promise.resolve(null) }]),
    ],
    [
      'the error is another one',
      'receiveSome(1.5) threw RangeError',
      broken(memoryStreamOneWayPair, (_, r) => [
        {},
        { receiveSome: (n = 1) => (Number.isInteger(n) ? r.receiveSome(n) : Promise.reject(new RangeError('no'))) },
      ]),
    ],
    [
      'a number is required',
      'TypeError: how many?',
      broken(memoryStreamOneWayPair, (_, r) => [
        {},
        { receiveSome: (n) => (n === undefined ? Promise.reject(new TypeError('how many?')) : r.receiveSome(n)) },
      ]),
    ],
  ],
  'STR-005': [
    [
      'the second one waits',
      'it hangs',
      broken(memoryStreamOneWayPair, (_, r) => {
        let last = Promise.resolve<unknown>(null);
        return [
          {},
          {
            async receiveSome(n) {
              const before = last;
              const received = before.then(() => r.receiveSome(n));
              last = received;
              return await received;
            },
          },
        ];
      }),
    ],
    [
      'the first one is interrupted',
      'BusyResourceError: conflict',
      broken(memoryStreamOneWayPair, (_, r) => {
        let inside = 0;
        return [
          {},
          {
            async receiveSome(n) {
              if (inside++ > 0) {
                await r.close();
                throw new BusyResourceError('conflict');
              }
              try {
                return await r.receiveSome(n);
              } catch {
                throw new BusyResourceError('conflict');
              }
            },
          },
        ];
      }),
    ],
  ],
  'STR-006': [
    [
      'it never returns',
      'it hangs',
      broken(memoryStreamOneWayPair, () => [{ waitSendAllMightNotBlock: () => sleepForever() }, {}]),
    ],
    [
      'it is not a checkpoint',
      'a checkpoint was expected',
      broken(memoryStreamOneWayPair, () => [{ waitSendAllMightNotBlock: nothing }, {}]),
    ],
  ],
  'STR-007': [
    [
      'the data is silently dropped',
      'it hangs',
      broken(memoryStreamOneWayPair, (s) => [
        { sendAll: (d) => s.sendAll(d).catch((error: unknown) => swallow(error, BrokenResourceError)) },
        {},
      ]),
    ],
    [
      'it recovers',
      'sendAll() on a broken stream returned undefined',
      broken(memoryStreamOneWayPair, (s) => {
        let count = 0;
        return [
          {
            sendAll: (d) =>
              s.sendAll(d).catch((error: unknown) => {
                if (count++ === 0) throw error;
              }),
          },
          {},
        ];
      }),
    ],
  ],
  'STR-008': [
    [
      'it returns the end',
      'returned null instead of throwing a ClosedResourceError',
      broken(memoryStreamOneWayPair, (_, r) => [
        {},
        {
          receiveSome: (n) =>
            r.receiveSome(n).catch((error: unknown) => swallow(error, ClosedResourceError).then(() => null)),
        },
      ]),
    ],
    [
      'it cannot be closed again',
      'ClosedResourceError: again?',
      broken(memoryStreamOneWayPair, (_, r) => {
        let closed = 0;
        return [{}, { close: () => (closed++ === 1 ? Promise.reject(new ClosedResourceError('again?')) : r.close()) }];
      }),
    ],
  ],
  'STR-009': [
    [
      'empty data is accepted',
      "sendAll('') on a closed stream returned undefined",
      broken(memoryStreamOneWayPair, (s) => [{ sendAll: (d) => (d === '' ? nothing() : s.sendAll(d)) }, {}]),
    ],
    [
      'a wait is accepted',
      'waitSendAllMightNotBlock() on a closed stream returned undefined',
      broken(memoryStreamOneWayPair, () => [{ waitSendAllMightNotBlock: nothing }, {}]),
    ],
    [
      'closing is not a checkpoint',
      'a checkpoint was expected',
      broken(memoryStreamOneWayPair, () => [{ close: nothing }, {}]),
    ],
  ],
  'STR-010': [
    [
      'closing loses data',
      'returned null instead of "y"',
      broken(memoryStreamOneWayPair, (s) => [{ sendAll: () => s.sendAll('') }, {}]),
    ],
    [
      'the end comes once',
      'ClosedResourceError: over',
      broken(memoryStreamOneWayPair, (_, r) => {
        let over = false;
        return [
          {},
          {
            async receiveSome(n) {
              if (over) throw new ClosedResourceError('over');
              const received = await r.receiveSome(n);
              over = received === null;
              return received;
            },
          },
        ];
      }),
    ],
  ],
  'G-83': [
    [
      'leaving a loop closes the stream',
      'has been closed',
      broken(memoryStreamOneWayPair, (_, r) => [
        {},
        {
          async *[Symbol.asyncIterator]() {
            try {
              for (let chunk = await r.receiveSome(1); chunk !== null; chunk = await r.receiveSome(1)) yield chunk;
            } finally {
              await r.close();
            }
          },
        },
      ]),
    ],
    [
      'a chunk is empty',
      'iterating returned an empty chunk',
      broken(memoryStreamOneWayPair, (_, r) => [
        {},
        {
          async *[Symbol.asyncIterator]() {
            for (let chunk = await r.receiveSome(1); chunk !== null; chunk = await r.receiveSome(1)) {
              yield chunk;
              yield bytes();
            }
          },
        },
      ]),
    ],
  ],
  'STR-011': [
    [
      'the sender does not notice',
      'it hangs',
      broken(memoryStreamOneWayPair, (s) => [
        { sendAll: (d) => s.sendAll(d).catch((error: unknown) => swallow(error, BrokenResourceError)) },
        {},
      ]),
    ],
  ],
  'STR-012': [
    [
      'the receiver hangs',
      'it hangs',
      broken(memoryStreamOneWayPair, () => [{}, { receiveSome: () => sleepForever() }]),
    ],
    [
      'stale data comes',
      'returned "z" instead of null',
      broken(memoryStreamOneWayPair, (_, r) => [{}, { receiveSome: (n) => r.receiveSome(n).then(() => bytes(122)) }]),
    ],
  ],
  'G-87': [
    [
      'the cancellation is swallowed',
      'close() of the receiver returned undefined instead of throwing Cancelled',
      broken(memoryStreamOneWayPair, (_, r) => [{}, { close: () => r.close().catch(() => undefined) }]),
    ],
    [
      'the cancellation comes in a group',
      'close() of the sender threw ExceptionGroup',
      broken(memoryStreamOneWayPair, (s) => [
        {
          close: () =>
            openNursery((nursery) => {
              nursery.startSoon(() => s.close());
            }),
        },
        {},
      ]),
    ],
    [
      'it stays open',
      'sendAll() on a closed stream threw BrokenResourceError',
      broken(memoryStreamOneWayPair, (s) => [
        {
          async close() {
            await s.waitSendAllMightNotBlock();
            await s.close();
          },
        },
        {},
      ]),
    ],
  ],
  'STR-014': [
    [
      'sendAll does not check for cancellation',
      'sendAll() in a cancelled scope returned undefined',
      broken(memoryStreamOneWayPair, () => [{ sendAll: () => cancelShieldedCheckpoint() }, {}]),
    ],
    [
      'a cancelled operation breaks the stream',
      'BrokenResourceError: never again',
      broken(memoryStreamOneWayPair, (_, r) => {
        let isBroken = false;
        return [
          {},
          {
            receiveSome: (n) =>
              r.receiveSome(n).catch((error: unknown) => {
                isBroken = true;
                throw error;
              }),
            async close() {
              await r.close();
              if (isBroken) throw new BrokenResourceError('never again');
            },
          },
        ];
      }),
    ],
  ],
  'STR-015': [
    [
      'the receiver is not woken',
      'it hangs',
      broken(memoryStreamOneWayPair, () => [{}, { close: () => cancelShieldedCheckpoint() }]),
    ],
  ],
  'STR-016': [
    [
      'it does not block',
      'did not block on a full stream',
      broken(lockstepStreamOneWayPair, () => [{ waitSendAllMightNotBlock: () => checkpoint() }, {}]),
    ],
    [
      'it does not return',
      'it hangs',
      broken(lockstepStreamOneWayPair, () => [{ waitSendAllMightNotBlock: () => sleepForever() }, {}]),
    ],
  ],
  'STR-017: a second sender gets a BusyResourceError while the first one waits': [
    [
      'a second one may wait',
      'it hangs',
      broken(lockstepStreamOneWayPair, () => [{ waitSendAllMightNotBlock: () => sleepForever() }, {}]),
    ],
    [
      'a second one may send',
      'sendAll() beside waitSendAllMightNotBlock() returned undefined',
      broken(lockstepStreamOneWayPair, () => [{ sendAll: () => checkpoint() }, {}]),
    ],
    [
      'the first one is interrupted',
      'TypeError: me too',
      broken(lockstepStreamOneWayPair, (s) => [
        {
          waitSendAllMightNotBlock: () =>
            s.waitSendAllMightNotBlock().then(() => Promise.reject(new TypeError('me too'))),
        },
        {},
      ]),
    ],
  ],
  'STR-017: a second sender gets a BusyResourceError while the first one sends': [
    [
      'a second one may send',
      'it hangs',
      broken(lockstepStreamOneWayPair, () => [{ sendAll: () => sleepForever() }, {}]),
    ],
    [
      'the first one is interrupted',
      'ClosedResourceError',
      broken(lockstepStreamOneWayPair, (s) => [
        {
          sendAll: (d) =>
            s.sendAll(d).catch(async (error: unknown) => {
              await s.close();
              throw error;
            }),
        },
        {},
      ]),
    ],
  ],
  'G-81': [
    [
      'it is not woken',
      'it hangs',
      broken(lockstepStreamOneWayPair, () => [{ waitSendAllMightNotBlock: () => sleepForever() }, {}]),
    ],
    [
      'the error is another one',
      'TypeError: gone',
      broken(lockstepStreamOneWayPair, (s) => [
        {
          waitSendAllMightNotBlock: () =>
            s.waitSendAllMightNotBlock().then(() => Promise.reject(new TypeError('gone'))),
        },
        {},
      ]),
    ],
  ],
  'G-86: closing a sender fails its waiting sendAll': [
    [
      'it is not woken',
      'it hangs',
      broken(lockstepStreamOneWayPair, () => [{ close: () => cancelShieldedCheckpoint() }, {}]),
    ],
  ],
  'G-86: closing a sender fails its waitSendAll': [
    [
      'it just returns',
      'returned undefined instead of throwing a ClosedResourceError',
      broken(lockstepStreamOneWayPair, (s) => [
        {
          waitSendAllMightNotBlock: () =>
            s.waitSendAllMightNotBlock().catch((error: unknown) => swallow(error, ClosedResourceError)),
        },
        {},
      ]),
    ],
  ],
};

describe.each(oneWayStreamClauses)('$title', ({ title, check }) => {
  const mistakes = Object.entries(cases).flatMap(([id, list]) => (title.startsWith(id) ? list : []));

  it.each(mistakes)('notices that %s', (_, says, make) =>
    testRun(async () => {
      // Only a clause that has to hang may take less time than a loaded machine needs.
      const timeout = says.startsWith('it hangs') ? 30 : 20_000;
      const error = await check({ make, makeClogged: make, timeout }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'CheckFailedError', message: expect.stringContaining(`${title}: broken`) });
      expect((error as Error).message).toContain(says);
    })(),
  );

  it('is checked with at least one mistake', () => expect(mistakes.length).toBeGreaterThan(0));
});

it(
  'names the broken clause and the error',
  testRun(async () => {
    const make = broken(memoryStreamOneWayPair, () => [{}, { close: nothing }]);
    await expect(checkOneWayStream(make)).rejects.toMatchObject({
      name: 'CheckFailedError',
      message: expect.stringMatching(
        /^STR-007: when the receiver closes, .*: broken, because CheckFailedError: assertC/,
      ),
      cause: { name: 'ExceptionGroup' },
    });
  }),
);

it(
  'shows what each task waits for when a clause hangs',
  testRun(async () => {
    const make = broken(memoryStreamOneWayPair, () => [{ sendAll: () => sleepForever() }, {}]);
    const check = checkOneWayStream(make, undefined, { timeout: 30 });
    await expect(check).rejects.toThrow(/STR-001: .* it hangs: [^]*waiting for sleepForever/);
  }),
);

it(
  'closes the streams that it has made, even when a clause is broken',
  testRun(async () => {
    const open = new Set<ReceiveStream>();
    const counting = (): Pair => {
      const [send, receive] = memoryStreamOneWayPair();
      open.add(receive);
      receive.closeHook = () => open.delete(receive);
      send.waitSendAllMightNotBlockHook = () => Promise.reject(new Error('broken here'));
      return [send, receive];
    };
    await expect(checkOneWayStream(counting)).rejects.toThrow(/^STR-006: .*broken here/);
    expect(open.size).toBe(0);
  }),
);

it(
  'does not mistake a cancellation from outside for a broken clause',
  testRun(() =>
    openNursery(async (nursery) => {
      const make = broken(memoryStreamOneWayPair, () => [{ sendAll: () => sleepForever() }, {}]);
      nursery.startSoon(() => checkOneWayStream(make));
      await waitAllTasksBlocked();
      nursery.cancelScope.cancel();
    }),
  ),
);

it('has to be called in a run', async () => {
  await expect(checkOneWayStream(memoryStreamOneWayPair)).rejects.toThrow(StateError);
  await expect(run(() => checkOneWayStream(memoryStreamOneWayPair))).resolves.toBeUndefined();
});
