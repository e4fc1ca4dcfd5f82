import { BusyResourceError, openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import type { ReceiveStream, SendStream } from '@tercet/streams';
import { clause } from '../clause.ts';
import type { StreamClause } from '../clause.ts';
import { assertRejects, failure, receive, sendAll, together, waitToSend } from '../stream-assertions.ts';

/** Promises of a sender and a receiver that are open. */
export const carryingClauses: readonly StreamClause<SendStream, ReceiveStream>[] = [
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

  clause('STR-003: sendAll accepts all kinds of views of bytes', async (s, r) => {
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

  clause('STR-004: receiveSome accepts a positive number of bytes, or none', async (s, r) => {
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

  clause('STR-005: a second receiver gets a BusyResourceError, and the first one is not disturbed', async (s, r) => {
    await openNursery(async (nursery) => {
      nursery.startSoon(receive, r, 'x', 1);
      await waitAllTasksBlocked();
      await assertRejects('a second receiveSome()', () => r.receiveSome(1), BusyResourceError);
      await sendAll(s, 'x');
    });
  }),

  clause('STR-006: waitSendAllMightNotBlock returns when a task receives, and is a checkpoint', async (s, r) => {
    await openNursery(async (nursery) => {
      nursery.startSoon(() => r.receiveSome(1));
      await waitToSend(s);
      nursery.cancelScope.cancel();
    });
  }),
];
