import assert from 'node:assert/strict';
import { EndOfChannel, openNursery } from '@tercet/core';
import { openMemoryChannel } from '@tercet/sync';
import type { MemoryReceiveChannel } from '@tercet/sync';

/** Two producers, two consumers, and a task that cancels the first producer or the first consumer. */
export async function exchange(capacity: number, cancelled: 'producer' | 'consumer'): Promise<void> {
  const [sender, receiver] = openMemoryChannel<string>(capacity);
  const sent: string[] = [];
  const received: string[] = [];
  const produce = async (item: string, own: typeof sender): Promise<void> => {
    using _ = own;
    await own.send(item);
    sent.push(item);
  };
  const consume = async (): Promise<void> => {
    try {
      received.push(await receiver.receive());
    } catch (error) {
      if (!(error instanceof EndOfChannel)) throw error;
    }
  };
  await openNursery((nursery) => {
    const producers = ['first', 'second'].map((item) => nursery.startSoon(produce, item, sender.clone()));
    sender.close();
    const consumers = [nursery.startSoon(consume), nursery.startSoon(consume)];
    nursery.startSoon(() => (cancelled === 'producer' ? producers : consumers)[0]!.cancel());
    // Without a receiver, a producer would wait for ever.
    if (cancelled === 'consumer') nursery.cancelScope.relativeDeadline = 1;
  });
  assert.deepEqual([...received, ...itemsLeftIn(receiver)].sort(), sent.sort());
}

function itemsLeftIn(receiver: MemoryReceiveChannel<string>): string[] {
  const left: string[] = [];
  while (receiver.statistics().currentBufferUsed > 0) left.push(receiver.receiveNowait());
  return left;
}
