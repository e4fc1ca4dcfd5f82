import { expect, it, jest } from '@jest/globals';
import { currentTime, openNursery, sleep, sleepForever, StateError, UnawaitedError } from '@tercet/core';
import { currentClock, SystemClock } from '@tercet/core/lowlevel';
import { MockClock, testRun } from '@tercet/testing';

it('makes a function that every test framework takes for a promise-returning one', async () => {
  const test = testRun(() => 42);
  expect(test.length).toBe(0);
  expect(await test()).toBeUndefined();
});

it('gives each call a virtual clock of its own, which jumps by itself', async () => {
  const clocks: MockClock[] = [];
  const test = testRun(async (clock) => {
    clocks.push(clock);
    expect(currentClock()).toBe(clock);
    expect(currentTime()).toBe(0);
    await sleep({ hours: 24 });
    expect(currentTime()).toBe(86_400_000);
  });
  await test();
  await test();
  expect(new Set(clocks).size).toBe(2);
});

it('takes another clock', async () => {
  await testRun((clock) => expect(currentClock()).toBe(clock), { clock: () => new SystemClock() })();
  const slow = new MockClock();
  await testRun((clock) => expect(clock).toBe(slow), { clock: () => slow })();
});

it('fails when the body fails', async () => {
  await expect(testRun(() => Promise.reject(new TypeError('boom')))()).rejects.toThrow('boom');
});

it('fails when the body leaves an operation behind', async () => {
  const body = testRun(() => {
    void sleep(1000);
  });
  await expect(body()).rejects.toThrow(UnawaitedError);
});

it('passes the other options on to run', async () => {
  const spawned = jest.fn();
  const test = testRun(() => openNursery((nursery) => void nursery.startSoon(sleepForever)), {
    instruments: [{ taskSpawned: (task) => spawned(task.name) }],
    signal: AbortSignal.abort(),
  });
  await expect(test()).rejects.toMatchObject({ name: 'Cancelled', source: 'signal' });
  expect(spawned).toHaveBeenCalledWith('sleepForever');
});

it('cannot stand inside a run', async () => {
  await expect(testRun(() => testRun(() => undefined)())()).rejects.toThrow(StateError);
});
