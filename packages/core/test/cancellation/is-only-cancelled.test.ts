import { expect, it } from '@jest/globals';
import { ExceptionGroup, isOnlyCancelled, moveOnAfter, run, sleepForever } from '@tercet/core';

it('C-3: is true for Cancelled, and for groups that hold nothing else', async () => {
  let cancelled: unknown;
  await run(() => moveOnAfter(0, () => sleepForever().catch((error: unknown) => void (cancelled = error))));
  const suppressed = (error: unknown, other: unknown): Error =>
    Object.assign(new Error(), { name: 'SuppressedError', error, suppressed: other });
  const other = new Error('another error');
  const only = [
    cancelled,
    new ExceptionGroup('group', [cancelled, new ExceptionGroup('inner', [cancelled])]),
    new AggregateError([cancelled, cancelled]),
    suppressed(cancelled, new AggregateError([cancelled])),
  ];
  const more = [
    other,
    undefined,
    new ExceptionGroup('group', [cancelled, new ExceptionGroup('inner', [other])]),
    new AggregateError([other, cancelled]),
    suppressed(cancelled, other),
  ];
  expect([only.map(isOnlyCancelled), more.map(isOnlyCancelled)]).toEqual([only.map(() => true), more.map(() => false)]);
});
