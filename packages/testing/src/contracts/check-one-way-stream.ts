import { BrokenResourceError, BusyResourceError, CancelScope, ClosedResourceError, openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { closeForcefully } from '@tercet/streams';
import type { ReceiveStream, SendStream } from '@tercet/streams';
import { checkClauses, clause, cloggedClause } from './clause.ts';
import type { MakeStreamPair, StreamClause } from './clause.ts';
import {
  assertCancelled,
  assertRejects,
  close,
  drain,
  failure,
  receive,
  sendAll,
  sendForEver,
  waitToSend,
} from './stream-assertions.ts';

/** How a contract is checked. */
export interface CheckStreamOptions {
  /** How long each clause may take, in real milliseconds, before it counts as hanging. 3000 by default. */
  readonly timeout?: number;
}

/**
 * Checks all that a `SendStream` and the `ReceiveStream` it is connected with promise: what is sent arrives, in any
 * order of sending and receiving; each operation is a checkpoint; conflicts, closing, broken connections and
 * cancellation have the effects that the interfaces name.
 *
 * Has to be called inside of a run. It makes a new pair of streams for each clause, and closes it.
 *
 * @param make makes a pair: the stream that sends, and the one that receives from it.
 * @param makeClogged makes a pair whose sender is full, so that it cannot send before the receiver receives; without it,
 * what only shows there is not checked.
 * @throws {CheckFailedError} for the first clause that is broken; the text begins with its id.
 * @example
 * test('keeps the contract', testRun(() => checkOneWayStream(memoryStreamOneWayPair)));
 */
export async function checkOneWayStream(
  make: MakeStreamPair<SendStream, ReceiveStream>,
  makeClogged?: MakeStreamPair<SendStream, ReceiveStream>,
  options: CheckStreamOptions = {},
): Promise<void> {
  await checkClauses(oneWayStreamClauses, { make, makeClogged, timeout: options.timeout });
}

/**
 * The clauses of {@link checkOneWayStream}, to make a test of each.
 *
 * @example
 * for (const { title, check } of oneWayStreamClauses) test(title, testRun(() => check({ make: memoryStreamOneWayPair })));
 */
export const oneWayStreamClauses: readonly StreamClause<SendStream, ReceiveStream>[] = [
  clause('STR-001: sendAll and receiveSome carry a byte, and are checkpoints', (s, r) =>
    together(
      () => sendAll(s, 'x'),
      () => receive(r, 'x', 1),
    ),
  ),

  clause('STR-002: sending no bytes is harmless', (s, r) =>
    together(
      async () => {
        await sendAll(s, '');
        await sendAll(s, new Uint8Array());
        await sendAll(s, 'y');
      },
      () => receive(r, 'y', 1),
    ),
  ),

  clause('STR-003: sendAll takes all kinds of views of bytes', async (s, r) => {
    const kinds = [
      Uint8Array.of(65),
      Buffer.from('A'),
      Uint8Array.of(0, 65, 0).subarray(1, 2),
      new DataView(Uint8Array.of(0, 65, 0).buffer, 1, 1),
      new Uint16Array(Uint8Array.of(65, 65).buffer),
      'A',
    ];
    for (const data of kinds) {
      await together(
        () => sendAll(s, data),
        async () => {
          await receive(r, 'A', 1);
          if (data instanceof Uint16Array) await receive(r, 'A', 1);
        },
      );
    }
  }),

  clause('STR-004: receiveSome takes a number of bytes above zero, or none', async (s, r) => {
    await assertRejects('receiveSome(-1)', () => r.receiveSome(-1), RangeError);
    await assertRejects('receiveSome(0)', () => r.receiveSome(0), RangeError);
    await assertRejects('receiveSome(1.5)', () => r.receiveSome(1.5), TypeError);
    await together(
      () => sendAll(s, 'x'),
      () => receive(r, 'x'),
    );
    await together(
      () => sendAll(s, 'y'),
      async () => {
        const received = await r.receiveSome(undefined);
        if (received?.length !== 1) throw failure('receiveSome(undefined) did not return the byte that was sent');
      },
    );
  }),

  clause('STR-005: a second receiver gets a BusyResourceError, and the first one goes on', async (s, r) => {
    await openNursery(async (nursery) => {
      nursery.startSoon(receive, r, 'x', 1);
      await waitAllTasksBlocked();
      await assertRejects('a second receiveSome()', () => r.receiveSome(1), BusyResourceError);
      await sendAll(s, 'x');
    });
  }),

  clause('STR-006: waitSendAllMightNotBlock returns when somebody receives, and is a checkpoint', async (s, r) => {
    await openNursery(async (nursery) => {
      nursery.startSoon(() => r.receiveSome(1));
      await waitToSend(s);
      nursery.cancelScope.cancel();
    });
  }),

  clause('STR-007: when the receiver closes, the sender soon gets a BrokenResourceError, and again', async (s, r) => {
    await together(
      () => assertRejects('sendAll() to a closed receiver', () => sendForEver(s), BrokenResourceError),
      () => close(r),
    );
    await assertRejects('sendAll() on a broken stream', () => s.sendAll('x'), BrokenResourceError);
  }),

  clause(
    'STR-008: a receiver that has been closed throws ClosedResourceError, and can be closed again',
    async (_, r) => {
      await close(r);
      await assertRejects('receiveSome() on a closed stream', () => r.receiveSome(4096), ClosedResourceError);
      await close(r);
      await close(r);
    },
  ),

  clause('STR-009: a sender that has been closed throws ClosedResourceError, and can be closed again', async (s) => {
    await close(s);
    await assertRejects('sendAll() on a closed stream', () => s.sendAll('x'), ClosedResourceError);
    await assertRejects("sendAll('') on a closed stream", () => s.sendAll(''), ClosedResourceError);
    const wait = (): Promise<void> => s.waitSendAllMightNotBlock();
    await assertRejects('waitSendAllMightNotBlock() on a closed stream', wait, ClosedResourceError);
    await close(s);
    await close(s);
  }),

  clause('STR-010: what was sent before the sender closed arrives, and then the end, for ever', (s, r) =>
    together(
      async () => {
        await sendAll(s, 'y');
        await close(s);
      },
      async () => {
        // The sender gets as far as it can before anything is received.
        await waitAllTasksBlocked();
        await receive(r, 'y', 1);
        await receive(r, null, 1);
        await receive(r, null);
        await close(r);
      },
    ),
  ),

  clause('G-83: iterating gives bytes until the end, and closes nothing', async (s, r) => {
    await together(
      async () => {
        for (const data of ['a', 'b', 'c', 'd', 'e']) await sendAll(s, data);
        await close(s);
      },
      async () => {
        let length = 0;
        for await (const chunk of r) {
          length += chunk.length;
          break;
        }
        for await (const chunk of r) {
          if (chunk.length === 0) throw failure('iterating gave an empty chunk');
          length += chunk.length;
        }
        if (length !== 5) throw failure(`iterating gave ${length} bytes instead of 5`);
        await receive(r, null);
      },
    );
  }),

  clause('STR-011: a receiver that is closed forcefully breaks the sender', async (s, r) => {
    await closeForcefully(r);
    await assertRejects('sendAll() to a closed receiver', () => sendForEver(s), BrokenResourceError);
    await assertRejects('receiveSome() on a closed stream', () => r.receiveSome(4096), ClosedResourceError);
  }),

  clause('STR-012: a sender that is closed forcefully ends or breaks the receiver', async (s, r) => {
    await closeForcefully(s);
    await assertRejects('sendAll() on a closed stream', () => s.sendAll('x'), ClosedResourceError);
    try {
      await receive(r, null, 1);
    } catch (error) {
      if (!(error instanceof BrokenResourceError)) throw error;
    }
  }),

  clause('G-87: close in a cancelled scope throws Cancelled, and closes all the same', async (s, r) => {
    await inCancelledScope(() => assertCancelled('close() of the receiver', () => r.close()));
    await inCancelledScope(() => assertCancelled('close() of the sender', () => s.close()));
    await assertRejects('sendAll() on a closed stream', () => s.sendAll('x'), ClosedResourceError);
    await assertRejects('receiveSome() on a closed stream', () => r.receiveSome(4096), ClosedResourceError);
  }),

  clause('STR-014: operations in a cancelled scope throw Cancelled, and closing is still graceful', async (s, r) => {
    await inCancelledScope(() =>
      together(
        () => assertCancelled('sendAll() in a cancelled scope', () => s.sendAll('x')),
        () => assertCancelled('receiveSome() in a cancelled scope', () => r.receiveSome(1)),
      ),
    );
    await together(
      () => close(s),
      () => close(r),
    );
  }),

  clause('STR-015: a receiver that waits is woken with a ClosedResourceError when it is closed', async (_, r) => {
    await openNursery(async (nursery) => {
      nursery.startSoon(() => assertRejects('receiveSome()', () => r.receiveSome(10), ClosedResourceError));
      await waitAllTasksBlocked();
      await closeForcefully(r);
    });
  }),

  cloggedClause('STR-016: waitSendAllMightNotBlock blocks until somebody receives', async (s, r) => {
    await openNursery(async (nursery) => {
      let receiving = false;
      nursery.startSoon(async () => {
        await waitToSend(s);
        if (!receiving) throw failure('waitSendAllMightNotBlock() did not block on a full stream');
        nursery.cancelScope.cancel();
      });
      await waitAllTasksBlocked();
      receiving = true;
      await drain(r);
    });
  }),

  cloggedClause(
    'STR-017: a second sender gets a BusyResourceError while the first one waits, and that goes on',
    async (s, r) => {
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await waitToSend(s);
          nursery.cancelScope.cancel();
        });
        await waitAllTasksBlocked();
        const wait = (): Promise<void> => s.waitSendAllMightNotBlock();
        await assertRejects('a second waitSendAllMightNotBlock()', wait, BusyResourceError);
        await assertRejects('sendAll() beside waitSendAllMightNotBlock()', () => s.sendAll('123'), BusyResourceError);
        nursery.startSoon(drain, r);
      });
    },
  ),

  cloggedClause(
    'STR-017: a second sender gets a BusyResourceError while the first one sends, and that goes on',
    async (s, r) => {
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await sendAll(s, '123');
          nursery.cancelScope.cancel();
        });
        await waitAllTasksBlocked();
        await assertRejects('a second sendAll()', () => s.sendAll('456'), BusyResourceError);
        const wait = (): Promise<void> => s.waitSendAllMightNotBlock();
        await assertRejects('waitSendAllMightNotBlock() beside sendAll()', wait, BusyResourceError);
        nursery.startSoon(drain, r);
      });
    },
  ),

  cloggedClause('G-81: waitSendAllMightNotBlock returns or breaks when the receiver goes away', async (s, r) => {
    await openNursery(async (nursery) => {
      nursery.startSoon(() => returnsOrBreaks(s));
      await waitAllTasksBlocked();
      await closeForcefully(r);
    });
    await returnsOrBreaks(s);
  }),

  cloggedClause('G-86: a sender that waits is woken with a ClosedResourceError when it is closed', async (s) => {
    await openNursery(async (nursery) => {
      nursery.startSoon(() => assertRejects('sendAll()', () => s.sendAll('xyzzy'), ClosedResourceError));
      await waitAllTasksBlocked();
      await closeForcefully(s);
    });
  }),

  cloggedClause('G-86: a wait to send is woken with a ClosedResourceError when the sender is closed', async (s) => {
    await openNursery(async (nursery) => {
      const wait = (): Promise<void> => s.waitSendAllMightNotBlock();
      nursery.startSoon(() => assertRejects('waitSendAllMightNotBlock()', wait, ClosedResourceError));
      await waitAllTasksBlocked();
      await closeForcefully(s);
    });
  }),
];

async function returnsOrBreaks(stream: SendStream): Promise<void> {
  try {
    await waitToSend(stream);
  } catch (error) {
    if (!(error instanceof BrokenResourceError)) throw error;
  }
}

/** Runs both at the same time, each in a task. */
async function together(first: () => Promise<void>, second: () => Promise<void>): Promise<void> {
  await openNursery((nursery) => {
    nursery.startSoon(first);
    nursery.startSoon(second);
  });
}

async function inCancelledScope(body: () => Promise<void>): Promise<void> {
  const scope = new CancelScope();
  scope.cancel();
  await scope.run(body);
}
