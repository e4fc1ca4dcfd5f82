import { expect, it } from '@jest/globals';
import { CancelScope, openNursery, rethrowIfCancelled } from '@tercet/core';
import { addInstrument, removeInstrument, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { Event, openMemoryChannel } from '@tercet/sync';
import { testRun } from '@tercet/testing';

interface Primitive {
  /** The operation in which four tasks wait. */
  readonly wait: () => Promise<unknown>;
  /** Wakes all of them. */
  readonly wakeAll: () => void;
}

const primitives: Record<string, () => Primitive> = {
  'the close of a sender': () => {
    const [sender, receiver] = openMemoryChannel<number>(0);
    return { wait: () => receiver.receive(), wakeAll: () => sender.close() };
  },
  'the close of a receiver whose senders wait': () => {
    const [sender, receiver] = openMemoryChannel<number>(0);
    return { wait: () => sender.send(1), wakeAll: () => receiver.close() };
  },
  'the close of a receiver that waits itself': () => {
    const [, receiver] = openMemoryChannel<number>(0);
    return { wait: () => receiver.receive(), wakeAll: () => receiver.close() };
  },
  'an event': () => {
    const event = new Event();
    return { wait: () => event.wait(), wakeAll: () => event.set() };
  },
};

it.each(Object.entries(primitives))(
  'C-15: %s reaches all others when a hook cancels the next task meanwhile',
  (_, make) =>
    testRun(async () => {
      const { wait, wakeAll } = make();
      const scopes = [0, 1, 2, 3].map(() => new CancelScope());
      let ended = 0;
      const instrument = { taskScheduled: (): void => scopes[1]!.cancel() };
      await openNursery(async (nursery) => {
        for (const scope of scopes) {
          nursery.startSoon(async () => {
            await scope.run(() => wait().catch(rethrowIfCancelled));
            ended++;
          });
        }
        await waitAllTasksBlocked();
        addInstrument(instrument);
        try {
          wakeAll();
        } finally {
          removeInstrument(instrument);
        }
      });
      expect([ended, scopes.map(({ cancelledCaught }) => cancelledCaught)]).toEqual([4, [false, true, false, false]]);
    })(),
);
