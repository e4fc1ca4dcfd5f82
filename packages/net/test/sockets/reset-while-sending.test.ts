import { expect, it } from '@jest/globals';
import { BrokenResourceError, openNursery, sleep } from '@tercet/core';
import { tcpPair } from '../pairs.ts';
import { realRun } from '../system-clock.ts';

/** More than an operating system keeps for a reader that does not read. */
const MUCH = 16 * 2 ** 20;

it(
  'a stream that is reset while it sends fails its sender',
  realRun(async () => {
    const [sender, receiver] = await tcpPair();
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await expect(sender.sendAll(Buffer.alloc(MUCH))).rejects.toThrow(BrokenResourceError);
      });
      await sleep(5);
      // There is more than it has read, so the system resets the connection.
      await receiver.close();
    });
  }),
);
