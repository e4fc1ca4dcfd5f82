import { expect, it } from '@jest/globals';
import { Cancelled, CancelScope, checkpoint, isCancelled, openNursery, sleepForever, TercetError } from '@tercet/core';
import { testRun } from '@tercet/testing';
import { inspect } from 'node:util';
import { thrownBy } from '../run-virtually.ts';

/** The Cancelled of a scope that a task named `canceller` cancels. */
async function cancelledWith(reason?: string): Promise<Cancelled> {
  let error: unknown;
  await openNursery((nursery) => {
    nursery.startSoon(function canceller() {
      return new CancelScope().run(async (scope) => {
        scope.cancel(reason);
        error = await thrownBy(checkpoint);
      });
    });
  });
  return error as Cancelled;
}

it('CAN-001: has no public constructor', () => {
  for (const args of [[], ['explicit'], [{ source: 'explicit' }]]) {
    expect(() => new Cancelled(...(args as never[]))).toThrow(TypeError);
    expect(() => new Cancelled(...(args as never[]))).toThrow(/no public constructor/);
  }
});

it(
  'CAN-002: says its source, then the reason, then the task',
  testRun(async () => {
    let bare: unknown;
    await new CancelScope({ relativeDeadline: 0 }).run(async () => {
      bare = await thrownBy(checkpoint);
    });
    expect((bare as Error).message).toBe('cancelled due to deadline');
    expect((await cancelledWith()).message).toBe('cancelled due to explicit from task canceller');
    expect((await cancelledWith('hello')).message).toBe(
      'cancelled due to explicit with reason "hello" from task canceller',
    );
  }),
);

it('CAN-003: has no subclass that could be made', () => {
  class Sub extends Cancelled {}
  expect(() => new Sub()).toThrow(TypeError);
});

it(
  'CAN-004: gives its fields as plain data, which survive serialisation',
  testRun(async () => {
    const expected = { name: 'Cancelled', source: 'explicit', reason: 'hello', sourceTask: 'canceller' };
    expect(JSON.parse(JSON.stringify(await cancelledWith('hello')))).toMatchObject(expected);
    expect(structuredClone((await cancelledWith('hello')).toJSON())).toMatchObject(expected);
    expect(Object.keys((await cancelledWith()).toJSON())).toEqual(['name', 'message', 'source', 'sourceTask']);
  }),
);

it(
  'is an error of the library, is and is recognised by isCancelled',
  testRun(async () => {
    const error = await cancelledWith();
    expect(error).toBeInstanceOf(TercetError);
    expect(error.name).toBe('Cancelled');
    expect(isCancelled(error)).toBe(true);
    for (const other of [new Error('Cancelled'), { name: 'Cancelled' }, undefined, null, 'Cancelled']) {
      expect(isCancelled(other)).toBe(false);
    }
  }),
);

it('is recognised when another copy of the library, or another realm, has made it', () => {
  const foreign = Object.assign(new Error('from elsewhere'), { [Symbol.for('@tercet/core/Cancelled')]: true });
  expect(isCancelled(foreign)).toBe(true);
});

it(
  'shows no empty field',
  testRun(async () => {
    await new CancelScope({ relativeDeadline: 0 }).run(async () => {
      expect(inspect(await thrownBy(checkpoint))).not.toContain('undefined');
    });
  }),
);

it(
  'all that one cause aborts while it waits gets one error without a stack, a checkpoint reached later one of its own',
  testRun(async () => {
    const aborted: unknown[] = [];
    const later: unknown[] = [];
    await new CancelScope().run((scope) =>
      openNursery(async (nursery) => {
        for (let index = 0; index < 3; index++) {
          nursery.startSoon(async () => {
            aborted.push(await thrownBy(sleepForever));
            later.push(await thrownBy(checkpoint));
          });
        }
        await checkpoint();
        scope.cancel('enough');
      }),
    );
    expect(new Set(aborted).size).toBe(1);
    expect((aborted[0] as Cancelled).message).toMatch(/enough/);
    expect(String((aborted[0] as Cancelled).stack)).not.toMatch(/\n\s+at /);
    expect(new Set(later).size).toBe(3);
    expect((later[0] as Cancelled).stack).toMatch(/\n\s+at /);
  }),
);
