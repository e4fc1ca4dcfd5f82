import { BrokenResourceError, ClosedResourceError, openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { closeForcefully } from '@tercet/streams';
import type { ReceiveStream, SendStream } from '@tercet/streams';
import { clause } from '../clause.ts';
import type { StreamClause } from '../clause.ts';
import {
  assertCancelled,
  assertRejects,
  close,
  failure,
  inCancelledScope,
  receive,
  sendAll,
  sendForEver,
  together,
} from '../stream-assertions.ts';

/** Promises about closing, the end of a stream, and cancellation. */
export const closingClauses: readonly StreamClause<SendStream, ReceiveStream>[] = [
  clause(
    'STR-007: when the receiver closes, the sender soon gets a BrokenResourceError, and then every time',
    async (s, r) => {
      await together(
        () => assertRejects('sendAll() to a closed receiver', () => sendForEver(s), BrokenResourceError),
        () => close(r),
      );
      await assertRejects('sendAll() on a broken stream', () => s.sendAll('x'), BrokenResourceError);
    },
  ),

  clause('STR-008: a closed receiver throws ClosedResourceError, and can be closed again', async (_, r) => {
    await close(r);
    await assertRejects('receiveSome() on a closed stream', () => r.receiveSome(4096), ClosedResourceError);
    await close(r);
    await close(r);
  }),

  clause('STR-009: a closed sender throws ClosedResourceError, and can be closed again', async (s) => {
    await close(s);
    await assertRejects('sendAll() on a closed stream', () => s.sendAll('x'), ClosedResourceError);
    await assertRejects("sendAll('') on a closed stream", () => s.sendAll(''), ClosedResourceError);
    const wait = (): Promise<void> => s.waitSendAllMightNotBlock();
    await assertRejects('waitSendAllMightNotBlock() on a closed stream', wait, ClosedResourceError);
    await close(s);
    await close(s);
  }),

  clause('STR-010: data sent before the sender closed arrives, and then the end, every time', (s, r) =>
    together(
      async () => {
        await sendAll(s, 'y');
        await close(s);
      },
      async () => {
        // The sender goes on as far as it can before anything is received.
        await waitAllTasksBlocked();
        await receive(r, 'y', 1);
        await receive(r, null, 1);
        await receive(r, null);
        await close(r);
      },
    ),
  ),

  clause('G-83: iterating returns bytes until the end, and closes nothing', async (s, r) => {
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
          if (chunk.length === 0) throw failure('iterating returned an empty chunk');
          length += chunk.length;
        }
        if (length !== 5) throw failure(`iterating returned ${length} bytes instead of 5`);
        await receive(r, null);
      },
    );
  }),

  clause('STR-011: closing a receiver forcefully breaks the sender', async (s, r) => {
    await closeForcefully(r);
    await assertRejects('sendAll() to a closed receiver', () => sendForEver(s), BrokenResourceError);
    await assertRejects('receiveSome() on a closed stream', () => r.receiveSome(4096), ClosedResourceError);
  }),

  clause('STR-012: closing a sender forcefully ends or breaks the receiver', async (s, r) => {
    await closeForcefully(s);
    await assertRejects('sendAll() on a closed stream', () => s.sendAll('x'), ClosedResourceError);
    try {
      await receive(r, null, 1);
    } catch (error) {
      if (!(error instanceof BrokenResourceError)) throw error;
    }
  }),

  clause('G-87: close in a cancelled scope throws Cancelled, and closes nevertheless', async (s, r) => {
    await inCancelledScope(() => assertCancelled('close() of the receiver', () => r.close()));
    await inCancelledScope(() => assertCancelled('close() of the sender', () => s.close()));
    await assertRejects('sendAll() on a closed stream', () => s.sendAll('x'), ClosedResourceError);
    await assertRejects('receiveSome() on a closed stream', () => r.receiveSome(4096), ClosedResourceError);
  }),

  clause(
    'STR-014: operations in a cancelled scope throw Cancelled, and closing is graceful afterwards',
    async (s, r) => {
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
    },
  ),

  clause('STR-015: closing a receiver fails its waiting receiveSome with a ClosedResourceError', async (_, r) => {
    await openNursery(async (nursery) => {
      nursery.startSoon(() => assertRejects('receiveSome()', () => r.receiveSome(10), ClosedResourceError));
      await waitAllTasksBlocked();
      await closeForcefully(r);
    });
  }),
];
