import { openNursery, sleep } from '@tercet/core';
import type { Stream } from '@tercet/streams';
import { usedMemory } from './collect-garbage.ts';

const PIECE = Buffer.alloc(1 << 20);

/** The amounts that a sender sent, and that a reader received after it had stopped for a while, in MiB. */
export interface Stopped {
  /** How much the sender got rid of while the reader stood still. */
  readonly sent: number;
  /** How much more memory was in use then. */
  readonly grown: number;
  /** How much the reader received in the end. */
  readonly received: number;
}

/**
 * Sends `size` MiB to a reader that takes some and then stops until the sender stands still as well; then it takes the
 * rest.
 */
export async function sendToStoppedReader([sender, reader]: readonly [Stream, Stream], size: number): Promise<Stopped> {
  const before = await usedMemory();
  let sent = 0;
  let received = 0;
  let stopped = { sent: 0, grown: 0 };
  await openNursery(async (nursery) => {
    nursery.startSoon(async () => {
      for (; sent < size; sent++) await sender.sendAll(PIECE);
      await sender.close();
    });
    while (received < PIECE.length) received += (await reader.receiveSome())!.length;
    for (let last = -1; last !== sent;) {
      last = sent;
      await sleep(100);
    }
    stopped = { sent, grown: (await usedMemory()) - before };
    for await (const chunk of reader) received += chunk.length;
  });
  await reader.close();
  return { ...stopped, received: received / PIECE.length };
}
