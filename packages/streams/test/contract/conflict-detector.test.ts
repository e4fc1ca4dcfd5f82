import { expect, it } from '@jest/globals';
import { BusyResourceError, openNursery, sleep } from '@tercet/core';
import { testRun } from '@tercet/testing';
import { ConflictDetector } from '../../src/lowlevel.ts';

it('UTL-001: two different detectors can be entered at the same time', () => {
  const [one, two] = [new ConflictDetector('one'), new ConflictDetector('two')];
  one.enter();
  two.enter();
  expect([one.isHeld, two.isHeld]).toEqual([true, true]);
});

it('UTL-001: entering a detector twice throws an error with its text, until it has been left', () => {
  const detector = new ConflictDetector('another task is sending');
  detector.enter();
  expect(() => detector.enter()).toThrow(new BusyResourceError('another task is sending'));
  detector.leave();
  detector.enter();
});

it(
  'UTL-001: the second of two tasks is refused, and the first one goes on',
  testRun(async () => {
    const detector = new ConflictDetector('busy');
    await openNursery(async (nursery) => {
      const first = nursery.startSoon(() => detector.run(() => sleep(10).then(() => 'done')));
      await sleep(1);
      await expect(detector.run(() => 'second')).rejects.toThrow(BusyResourceError);
      expect(await first.result()).toBe('done');
    });
    expect(await detector.run(() => 'third')).toBe('third');
  }),
);

it(
  'lets the next task in after an error',
  testRun(async () => {
    const detector = new ConflictDetector('busy');
    const fails = detector.run(() => {
      throw new Error('no');
    });
    await expect(fails).rejects.toThrow('no');
    expect(detector.isHeld).toBe(false);
  }),
);
