import { describe, expect, it } from '@jest/globals';
import { CancelScope, named, openNursery, run, sleepForever } from '@tercet/core';
import { formatTaskTree, taskTree } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { inspect } from 'node:util';
import { thrownBy } from '../run-virtually.ts';

it('RUN-156: gives the function another name, and does not change arguments, this and result', () => {
  const adder = named('adder', function (this: { base: number }, a: number, b: number): number {
    return this.base + a + b;
  });
  expect(adder.name).toBe('adder');
  expect(adder.call({ base: 100 }, 10, 1)).toBe(111);
});

it('C-17: refuses a name that is not a string, and a value that is not a function', () => {
  for (const name of [undefined, 1, Symbol('x'), {}])
    expect(() => named(name as never, sleepForever)).toThrow(TypeError);
  expect(() => named('x', Promise.resolve() as never)).toThrow(TypeError);
});

const throwing = (): never => {
  throw new Error('name');
};

/** Functions whose name was replaced, and the names of their tasks. */
const oddNames: [string, PropertyDescriptor, string][] = [
  ['a number', { value: 5 }, '5'],
  ['undefined', { value: undefined }, '<anonymous>'],
  ['an object', { value: { toString: throwing } }, '<anonymous>'],
  ['a symbol', { value: Symbol('s') }, 'Symbol(s)'],
  ['a getter that throws', { get: throwing }, '<anonymous>'],
];

describe.each(oddNames)('C-17: a function whose name is %s', (_what, descriptor, expected) => {
  const rename = <F extends object>(fn: F): F => Object.defineProperty(fn, 'name', descriptor);

  it(
    'can be a task, which is shown, cancelled and fails like others',
    testRun(async () => {
      const boom = new Error('boom');
      await openNursery(async (nursery) => {
        const task = nursery.startSoon(rename(() => sleepForever()));
        expect(task.name).toBe(expected);
        expect(formatTaskTree(taskTree())).toContain(expected);
        expect(inspect(task)).toContain(expected);
        task.cancel();
        await task.join();
        expect(task.state).toBe('cancelled');
      });
      const error = await thrownBy(() =>
        openNursery((nursery) => nursery.startSoon(rename(() => Promise.reject(boom)))),
      );
      expect(error).toMatchObject({ errors: [boom] });
    }),
  );

  it('can be main, and be cancelled', async () => {
    const main = async (): Promise<string> => {
      await new CancelScope().run(async (scope) => {
        scope.cancel();
        await sleepForever();
      });
      return 'the end';
    };
    expect(await run(rename(main))).toBe('the end');
    const controller = new AbortController();
    const stopped = run(
      rename(() => sleepForever()),
      { signal: controller.signal },
    );
    controller.abort();
    await expect(stopped).rejects.toMatchObject({ source: 'signal' });
  });
});
