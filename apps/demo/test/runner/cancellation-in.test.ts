import { expect, it } from '@jest/globals';
import { moveOnAfter, openNursery, sleepForever } from '@tercet/core';
import { testRun } from '@tercet/testing';
import { cancellationIn } from '../../src/runner/cancellation-in.ts';

/** The error that the body throws when its time is up. */
async function cancel(body: () => Promise<unknown>): Promise<unknown> {
  let thrown: unknown;
  await moveOnAfter(1, async () => {
    try {
      await body();
    } catch (error) {
      thrown = error;
      throw error;
    }
  });
  return thrown;
}

it(
  'a cancellation is found bare, in groups, and below a resource that could not be closed in peace',
  testRun(async () => {
    const inNursery = (): Promise<void> => openNursery((nursery) => void nursery.startSoon(sleepForever));
    const inBlock = async (): Promise<void> => {
      await using _ = { [Symbol.asyncDispose]: sleepForever };
      await openNursery(inNursery);
    };
    for (const body of [sleepForever, inNursery, inBlock]) {
      expect(cancellationIn(await cancel(body))).toMatchObject({ name: 'Cancelled', source: 'deadline' });
    }
  }),
);

it(
  'an error beside it is more than a cancellation',
  testRun(async () => {
    const failing = async (): Promise<void> => {
      await openNursery((nursery) => {
        nursery.startSoon(sleepForever);
        nursery.startSoon(async () => {
          try {
            await sleepForever();
          } finally {
            // An error of the cleanup takes the place of the cancellation.
            failToCleanUp();
          }
        });
      });
    };
    await expect(cancel(failing)).rejects.toThrow('disk full');
    expect(cancellationIn(new AggregateError([new Error('disk full')]))).toBeUndefined();
    expect(cancellationIn(undefined)).toBeUndefined();
  }),
);

function failToCleanUp(): never {
  throw new Error('disk full');
}
