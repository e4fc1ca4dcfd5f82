import { expect, it } from '@jest/globals';
import {
  Cancelled,
  CancelScope,
  checkpoint,
  isCancelled,
  openNursery,
  run,
  sleepForever,
  TercetError,
} from '@tercet/core';
import { testRun } from '@tercet/testing';
import { inspect } from 'node:util';
import { runProgram } from '../programs/run-program.ts';
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
  'what is aborted while it waits gets an error without a stack, a checkpoint that is reached later one with the way to it',
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
    expect(new Set(aborted).size).toBe(3);
    expect((aborted[0] as Cancelled).message).toMatch(/enough/);
    expect(String((aborted[0] as Cancelled).stack)).not.toMatch(/\n\s+at /);
    expect(new Set(later).size).toBe(3);
    expect((later[0] as Cancelled).stack).toMatch(/\n\s+at /);
  }),
);

it(
  'C-22: writing into one changes no other one, however many a cause has aborted',
  testRun(async () => {
    const caught: (Cancelled & { request?: unknown })[] = [];
    await new CancelScope().run((scope) =>
      openNursery(async (nursery) => {
        for (let index = 0; index < 250; index++) {
          nursery.startSoon(async () => {
            caught.push((await thrownBy(sleepForever)) as Cancelled);
          });
        }
        await checkpoint();
        scope.cancel('enough');
      }),
    );
    const message = caught[0]!.message;
    for (const index of [0, 120, 240]) {
      Object.assign(caught[index]!, { message: 'written over', request: { index }, reason: 'another', stack: 'none' });
    }
    const others = caught.filter((_, index) => ![0, 120, 240].includes(index));
    expect(new Set(others.map((error) => `${error.message}|${error.reason}|${'request' in error}`))).toEqual(
      new Set([`${message}|enough|false`]),
    );
    for (const error of others) {
      expect(error).toBeInstanceOf(Cancelled);
      expect(isCancelled(error)).toBe(true);
      expect(error.toJSON()).toEqual({
        name: 'Cancelled',
        message,
        source: 'explicit',
        reason: 'enough',
        sourceTask: expect.any(String),
      });
      expect(error.stack).not.toBe('none');
    }
  }),
);

it(
  'C-22: the Cancelled of code that outlives its scope is a separate object, too',
  testRun(async () => {
    const exited = async (): Promise<Error> => {
      let later: Promise<unknown> | undefined;
      const scope = new CancelScope();
      await thrownBy(() =>
        scope.run(() => {
          later = thrownBy(sleepForever);
        }),
      );
      return (await later) as Error;
    };
    const first = await exited();
    const { message } = first;
    first.message = 'written over';
    expect((await exited()).message).toBe(message);
  }),
);

const reasons: [name: string, reason: unknown, text: string][] = [
  ['a boolean', false, 'false'],
  ['a bigint', 10n, '10'],
  ['a symbol', Symbol('closed'), 'Symbol(closed)'],
  ['an error', new TypeError('the socket failed'), 'the socket failed'],
  ['an error that holds itself', circular(), 'boom'],
  ['an object without a text', Object.create(null), 'a thrown object'],
  ['an object whose text throws', throwing(), 'a thrown object'],
];

it.each(reasons)('C-5: a reason that is %s cancels all the same, and is shown by its text', async (_, reason, text) => {
  for (const cancel of ['scope', 'task'] as const) {
    let error: unknown;
    await run(() =>
      openNursery(async (nursery) => {
        const scope = new CancelScope();
        const handle = nursery.startSoon(() =>
          scope.run(async () => {
            error = await thrownBy(sleepForever);
          }),
        );
        await checkpoint();
        (cancel === 'scope' ? scope : handle).cancel(reason as string);
      }),
    );
    expect(error).toMatchObject({ name: 'Cancelled', reason: text });
    expect((error as Error).message).toContain(JSON.stringify(text));
  }
});

function circular(): Error {
  const error: Error & { request?: unknown } = new Error('boom');
  error.request = { error };
  return error;
}

function throwing(): object {
  const fail = (): never => {
    throw new Error('not me');
  };
  return { toString: fail, toJSON: fail, valueOf: fail };
}

it('C-5: a program that has frozen Error can be cancelled', async () => {
  const { code, stdout } = await runProgram(`
    import { moveOnAfter, run, sleepForever } from '@tercet/core';
    Object.freeze(Error);
    await run(() => moveOnAfter(5, sleepForever));
    console.log('ended');
  `);
  expect([code, stdout]).toEqual([0, 'ended\n']);
});
