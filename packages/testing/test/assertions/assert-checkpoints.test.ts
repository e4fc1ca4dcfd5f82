import { describe, expect, it } from '@jest/globals';
import { CancelScope, checkpoint, openNursery, sleep, StateError } from '@tercet/core';
import { cancelShieldedCheckpoint, checkpointIfCancelled } from '@tercet/core/lowlevel';
import { assertCheckpoints, assertNoCheckpoints, CheckFailedError, testRun } from '@tercet/testing';

const nothing = (): void => undefined;
const bothHalves = async (): Promise<void> => {
  await checkpointIfCancelled();
  await cancelShieldedCheckpoint();
};

describe('assertCheckpoints', () => {
  it(
    'TST-010: accepts a full checkpoint, one of two halves, and a wait, and returns the value',
    testRun(async () => {
      await assertCheckpoints(checkpoint);
      await assertCheckpoints(bothHalves);
      await assertCheckpoints(() => sleep(10));
      expect(await assertCheckpoints(() => checkpoint().then(() => 42))).toBe(42);
    }),
  );

  it.each([
    ['nothing', nothing, '0 points of cancellation and 0 points'],
    ['a foreign promise', () => Promise.resolve(), '0 points of cancellation and 0 points'],
    ['only a point of cancellation', checkpointIfCancelled, '1 points of cancellation and 0 points'],
    ['only a point of scheduling', cancelShieldedCheckpoint, '0 points of cancellation and 1 points'],
  ])('TST-010: fails on %s', (_, fn, numbers) =>
    testRun(async () => {
      const failure = assertCheckpoints(fn);
      await expect(failure).rejects.toThrow(CheckFailedError);
      await expect(failure).rejects.toThrow(
        `assertCheckpoints(): a checkpoint was expected, but there were ${numbers}`,
      );
    })(),
  );

  it(
    'TST-010: does not count the checkpoints of other tasks',
    testRun(async () => {
      const failure = assertCheckpoints(() => openNursery((nursery) => void nursery.startSoon(checkpoint)));
      await expect(failure).rejects.toThrow('a checkpoint was expected');
    }),
  );

  it(
    'rethrows an error, with or without a checkpoint',
    testRun(() => expect(assertCheckpoints(() => Promise.reject(new Error('boom')))).rejects.toThrow(/^boom$/)),
  );

  it('rejects outside of a run', () => expect(assertCheckpoints(nothing)).rejects.toThrow(StateError));
});

describe('assertNoCheckpoints', () => {
  it(
    'TST-011: accepts a function without a checkpoint, and a foreign promise, and returns the value',
    testRun(async () => {
      expect(await assertNoCheckpoints(() => 42)).toBe(42);
      expect(await assertNoCheckpoints(() => Promise.resolve(43))).toBe(43);
    }),
  );

  it.each([
    ['a full checkpoint', checkpoint],
    ['a point of cancellation', checkpointIfCancelled],
    ['a point of scheduling', cancelShieldedCheckpoint],
  ])('TST-011: fails on %s', (_, fn) =>
    testRun(() =>
      expect(assertNoCheckpoints(fn)).rejects.toThrow('assertNoCheckpoints(): no checkpoint was expected'),
    )(),
  );

  it(
    'TST-011: fails for a function with a checkpoint that throws, and keeps its error as the cause',
    testRun(async () => {
      const scope = new CancelScope();
      await scope.run(async () => {
        scope.cancel();
        await expect(assertNoCheckpoints(checkpoint)).rejects.toMatchObject({
          name: 'CheckFailedError',
          cause: { name: 'Cancelled' },
        });
      });
      await expect(assertNoCheckpoints(() => Promise.reject(new Error('boom')))).rejects.toThrow(/^boom$/);
    }),
  );

  it('rejects outside of a run', () => expect(assertNoCheckpoints(nothing)).rejects.toThrow(StateError));
});
