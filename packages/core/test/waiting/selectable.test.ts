import { expect, it } from '@jest/globals';
import { InternalError, run } from '@tercet/core';
import { currentCaller, waitForOne } from '@tercet/core/lowlevel';
import type { Selectable, Slot } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

/** Takes effect while it is armed, and counts how often its wait is ended. */
class Eager implements Selectable<number> {
  disarmed = 0;
  poll(): undefined {
    return undefined;
  }
  arm(slot: Slot<number>): () => void {
    slot.wake(1);
    return () => void this.disarmed++;
  }
}

const wait = (operations: readonly Selectable<unknown>[]): ReturnType<typeof waitForOne> =>
  waitForOne(
    operations.map((_, index) => `${index}`),
    operations,
    (error) => error,
    currentCaller(),
  );

it(
  'SE-1: a case that takes effect while it is armed is disarmed once, and leaves nothing for later selections',
  testRun(async () => {
    const eager = new Eager();
    for (let i = 0; i < 3; i++) expect(await wait([eager])).toEqual({ key: '0', value: 1 });
    expect(eager.disarmed).toBe(3);
  }),
);

it('SE-1: a case that takes effect and then throws has taken effect, and the error ends the run', async () => {
  const hasty: Selectable<number> = {
    poll: () => undefined,
    arm(slot) {
      slot.wake(1);
      throw new Error('too late');
    },
  };
  const values: unknown[] = [];
  const error = await thrownBy(() => run(async () => void values.push(await wait([hasty]))));
  expect(error).toBeInstanceOf(InternalError);
  expect(values).toEqual([{ key: '0', value: 1 }]);
});

it(
  'SE-1: armed is called when all cases wait, until one has taken effect, and what it throws fails the selection',
  testRun(async () => {
    const log: string[] = [];
    const slots: Slot<string>[] = [];
    const operation = (name: string, armed: () => void): Selectable<string> => ({
      poll: () => undefined,
      arm(slot) {
        slots.push(slot);
        log.push(`arm ${name}`);
        return () => void log.push(`disarm ${name}`);
      },
      armed() {
        log.push(`armed ${name}`);
        armed();
      },
    });
    const idle = (): void => undefined;
    const served = await wait([operation('a', idle), operation('b', () => slots[0]!.wake('x')), operation('c', idle)]);
    expect(served).toEqual({ key: '0', value: 'x' });
    const arms = ['arm a', 'arm b', 'arm c', 'armed a', 'armed b', 'disarm a', 'disarm b', 'disarm c'];
    expect(log).toEqual(arms);
    const failing = operation('d', () => {
      throw new RangeError('cannot');
    });
    expect(await thrownBy(() => wait([failing]))).toBeInstanceOf(RangeError);
  }),
);
