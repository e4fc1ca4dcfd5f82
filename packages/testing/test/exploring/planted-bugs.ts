import assert from 'node:assert/strict';
import { CancelScope, checkpoint, openNursery } from '@tercet/core';
import { ParkingLot } from '@tercet/core/lowlevel';
import { Lock, openMemoryChannel, Semaphore } from '@tercet/sync';

// Each of them succeeds in the plain order: the task that does the harm comes too late there.

const comeLate = async (steps = 4): Promise<void> => {
  for (let step = 0; step < steps; step++) await checkpoint();
};

/** Looks at a flag, lets others go on, and only then waits: a wake-up in between is lost. */
async function lostWakeUp(): Promise<void> {
  const lot = new ParkingLot('news');
  let isThere = false;
  await openNursery((nursery) => {
    nursery.startSoon(async () => {
      if (isThere) return;
      await checkpoint();
      await lot.park();
    });
    nursery.startSoon(async () => {
      await comeLate();
      isThere = true;
      lot.unparkAll();
    });
  });
}

/** Two tasks take two locks in opposite order. */
async function lockOrderInversion(): Promise<void> {
  const [left, right] = [new Lock(), new Lock()];
  await openNursery((nursery) => {
    nursery.startSoon(() => left.run(() => right.run(checkpoint)));
    nursery.startSoon(async () => {
      await comeLate();
      await right.run(() => left.run(checkpoint));
    });
  });
}

/** Looks whether there is enough, lets others go on, and takes it all the same. */
async function checkThenAct(): Promise<void> {
  let balance = 10;
  const withdraw = async (): Promise<void> => {
    if (balance < 10) return;
    await checkpoint();
    balance -= 10;
  };
  await openNursery((nursery) => {
    nursery.startSoon(withdraw);
    nursery.startSoon(() => comeLate().then(withdraw));
  });
  assert.equal(balance, 0);
}

/** The user of a resource and the one who cleans up both give it back. */
async function doubleRelease(): Promise<void> {
  const places = new Semaphore(1, { maxValue: 1 });
  let isHeld = true;
  await places.acquire();
  const giveBack = async (): Promise<void> => {
    if (!isHeld) return;
    await checkpoint();
    isHeld = false;
    places.release();
  };
  await openNursery((nursery) => {
    nursery.startSoon(giveBack);
    nursery.startSoon(() => comeLate().then(giveBack));
  });
}

/** Takes an item out, and can be cancelled before it is safe. */
async function itemLostOnCancellation(): Promise<void> {
  const [sender, receiver] = openMemoryChannel<string>(1);
  const arrived: string[] = [];
  const scope = new CancelScope();
  sender.sendNowait('item');
  await openNursery((nursery) => {
    nursery.startSoon(() =>
      scope.run(async () => {
        const item = await receiver.receive();
        await checkpoint();
        arrived.push(item);
      }),
    );
    nursery.startSoon(async () => {
      await comeLate();
      scope.cancel();
    });
  });
  assert.equal(arrived.length + receiver.statistics().currentBufferUsed, 1);
}

export const plantedBugs: readonly (readonly [title: string, body: () => Promise<void>, error: string])[] = [
  ['a lost wake-up', lostWakeUp, 'DeadlockError'],
  ['a lock order inversion', lockOrderInversion, 'DeadlockError'],
  ['a check-then-act race', checkThenAct, 'AssertionError'],
  ['a double release', doubleRelease, 'ExceptionGroup'],
  ['an item lost on cancellation', itemLostOnCancellation, 'AssertionError'],
];
