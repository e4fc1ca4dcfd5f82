import { BrokenResourceError, BusyResourceError, ClosedResourceError, openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { closeForcefully } from '@tercet/streams';
import type { ReceiveStream, SendStream } from '@tercet/streams';
import { cloggedClause } from '../clause.ts';
import type { StreamClause } from '../clause.ts';
import { assertRejects, drain, failure, sendAll, waitToSend } from '../stream-assertions.ts';

/** Promises that can be checked only when the sender has to wait for the receiver. */
export const cloggedClauses: readonly StreamClause<SendStream, ReceiveStream>[] = [
  cloggedClause('STR-016: waitSendAllMightNotBlock blocks until a task receives', async (s, r) => {
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
    'STR-017: a second sender gets a BusyResourceError while the first one waits, which is not disturbed',
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
    'STR-017: a second sender gets a BusyResourceError while the first one sends, which is not disturbed',
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

  cloggedClause(
    'G-81: waitSendAllMightNotBlock returns or throws a BrokenResourceError when the receiver closes',
    async (s, r) => {
      await openNursery(async (nursery) => {
        nursery.startSoon(() => returnsOrBreaks(s));
        await waitAllTasksBlocked();
        await closeForcefully(r);
      });
      await returnsOrBreaks(s);
    },
  ),

  cloggedClause('G-86: closing a sender fails its waiting sendAll with a ClosedResourceError', async (s) => {
    await openNursery(async (nursery) => {
      nursery.startSoon(() => assertRejects('sendAll()', () => s.sendAll('xyzzy'), ClosedResourceError));
      await waitAllTasksBlocked();
      await closeForcefully(s);
    });
  }),

  cloggedClause('G-86: closing a sender fails its waitSendAllMightNotBlock with a ClosedResourceError', async (s) => {
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
