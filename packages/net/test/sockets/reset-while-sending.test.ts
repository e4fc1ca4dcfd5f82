import { expect, it } from '@jest/globals';
import { BrokenResourceError, openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { SocketStream } from '../../src/index.ts';
import { socketPair } from '../pairs.ts';
import { hold, realRun } from '../system-clock.ts';

/** More than an operating system keeps for a reader that does not read. */
const MUCH = 16 * 2 ** 20;

it(
  'a stream that is reset while it sends fails its sender',
  realRun(async () => {
    // The peer never reads, so nothing but the reset can end the sending.
    const [socket, peer] = await socketPair();
    const sender = hold(new SocketStream(socket));
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await expect(sender.sendAll(Buffer.alloc(MUCH))).rejects.toThrow(BrokenResourceError);
      });
      await waitAllTasksBlocked();
      peer.resetAndDestroy();
    });
  }),
);
