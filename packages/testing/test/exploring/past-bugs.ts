import assert from 'node:assert/strict';
import { CancelScope, checkpoint, moveOnAfter, openNursery, race, sleepForever } from '@tercet/core';
import { cancelShieldedCheckpoint, currentStatistics } from '@tercet/core/lowlevel';
import { Condition, openMemoryChannel, select } from '@tercet/sync';

// Programs that show faults which Tercet has had. With the old code each of them is found within a few hundred runs.

/** A task that was notified is cancelled before it has the lock again: the notification belongs to the next one. */
async function notifiedAndCancelled(): Promise<void> {
  const condition = new Condition();
  const scope = new CancelScope();
  let items = 0;
  const produce = async (): Promise<void> => {
    using _ = await condition.acquire();
    items++;
    condition.notify();
    await cancelShieldedCheckpoint();
  };
  const consume = async (): Promise<void> => {
    using _ = await condition.acquire();
    while (items === 0) await condition.wait();
    items--;
  };
  await openNursery((nursery) => {
    nursery.startSoon(async () => {
      await scope.run(consume);
      // The only item is for one of the two; the task that gets it makes another one.
      if (!scope.cancelledCaught) await produce();
    });
    nursery.startSoon(consume);
    nursery.startSoon(produce);
    nursery.startSoon(() => scope.cancel());
  });
}

/** The nursery is cancelled in which a task is being started: the start ends, too. */
async function cancelledWhileStarting(): Promise<void> {
  await openNursery(async (outer) => {
    await openNursery(async (target) => {
      outer.startSoon(() => target.start(sleepForever).catch(() => undefined));
      outer.startSoon(() => target.cancelScope.cancel());
      await sleepForever();
    });
  });
}

/** A function of a race that is cancelled from outside fails while it cleans up: its error comes out. */
async function cleanupFailsInRace(): Promise<void> {
  const scope = new CancelScope();
  let failed = false;
  let seen: unknown;
  const failing = async (): Promise<void> => {
    try {
      await checkpoint();
      await sleepForever();
    } finally {
      failed = true;
      // oxlint-disable-next-line no-unsafe-finally -- That is what is tried.
      throw new Error('the cleanup failed');
    }
  };
  await openNursery((nursery) => {
    nursery.startSoon(() =>
      scope
        .run(() => race([sleepForever, failing]))
        .catch((error: unknown) => {
          seen = error;
        }),
    );
    nursery.startSoon(() => scope.cancel());
  });
  assert.equal(seen !== undefined, failed);
}

/** The first of a race to end has failed: a value that comes later is not its result. */
async function valueAfterFailure(): Promise<void> {
  const ended: string[] = [];
  const succeed = async (): Promise<string> => {
    await cancelShieldedCheckpoint();
    ended.push('value');
    return 'value';
  };
  const fail = async (): Promise<never> => {
    await checkpoint();
    ended.push('error');
    throw new Error('error');
  };
  const outcome = await race([succeed, fail]).catch((error: unknown) => (error as Error).message);
  assert.equal(outcome, ended[0]);
}

/** Two tasks share a promise, and the one that has begun it is cancelled: the other one fails, and says why. */
async function sharedPromise(): Promise<void> {
  const scope = new CancelScope();
  let inflight: Promise<void> | undefined;
  const load = (): Promise<void> => (inflight ??= checkpoint().finally(() => (inflight = undefined)));
  let loaded = false;
  let error: unknown;
  await openNursery((nursery) => {
    nursery.startSoon(() => scope.run(load));
    nursery.startSoon(() => load().then(() => (loaded = true)));
    nursery.startSoon(() => scope.cancel());
  }).catch((thrown: unknown) => (error = thrown));
  assert.ok(loaded || error !== undefined, 'the nursery has ended as if nothing had happened');
}

/** A task is cancelled while a scope of its own is open that it does not wait for: the deadline of that scope is gone. */
async function deadlineLeftBehind(): Promise<void> {
  await openNursery((nursery) => {
    const task = nursery.startSoon(() => {
      void moveOnAfter(1000, sleepForever).catch(() => undefined);
      return sleepForever();
    });
    nursery.startSoon(() => task.cancel());
  });
  assert.equal(currentStatistics().deadlines, 0);
}

type Channels = readonly [ReturnType<typeof openMemoryChannel<number>>, ReturnType<typeof openMemoryChannel<number>>];

async function receiveFromTwo(receive: (channels: Channels) => Promise<number>): Promise<void> {
  const channels = [openMemoryChannel<number>(1), openMemoryChannel<number>(1)] as const;
  const received: number[] = [];
  await openNursery(async (nursery) => {
    for (const [index, [sender]] of channels.entries()) nursery.startSoon(() => sender.send(index));
    for (let count = 0; count < 2; count++) received.push(await receive(channels));
  });
  assert.deepEqual(new Set(received), new Set([0, 1]));
}

/** An item from one of two channels: `select` loses none. */
const selectItems = (): Promise<void> =>
  receiveFromTwo(
    async ([left, right]) => (await select({ left: left[1].receiving(), right: right[1].receiving() })).value,
  );

/** The same as it had to be written before there was `select`: an item of the loser is lost. */
export const raceForItems = (): Promise<void> =>
  receiveFromTwo(([left, right]) => race([() => left[1].receive(), () => right[1].receive()]));

export const pastBugs: Readonly<Record<string, () => Promise<void>>> = {
  'C-12: a notification goes on when the task that has it is cancelled': notifiedAndCancelled,
  'a start ends with the nursery in which it is to be': cancelledWhileStarting,
  'C-10: a race that is cancelled loses no error': cleanupFailsInRace,
  'a race ends with its first end, be it a failure': valueAfterFailure,
  'C-2: a cancelled promise that is shared does not end its other users in silence': sharedPromise,
  'XO-6: a scope that its task has left has no deadline': deadlineLeftBehind,
  'SE-1: a selection from two channels loses no item': selectItems,
};
