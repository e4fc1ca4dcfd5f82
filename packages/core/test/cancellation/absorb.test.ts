import { describe, expect, it } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  ExceptionGroup,
  openNursery,
  rethrowIfCancelled,
  run,
  sleepForever,
} from '@tercet/core';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

/** A `SuppressedError` as TypeScript's helper for `await using` makes it where the class does not exist. */
function suppressedError(error: unknown, suppressed: unknown): Error {
  const made = new Error('An error was suppressed during disposal.');
  return Object.assign(made, { name: 'SuppressedError', error, suppressed });
}

async function aCancelled(): Promise<Cancelled> {
  let error: unknown;
  await new CancelScope().run(async (scope) => {
    scope.cancel();
    error = await thrownBy(checkpoint);
  });
  return error as Cancelled;
}

/** What comes out of a cancelled scope whose body throws what `make` makes of a Cancelled, and whether it has caught one. */
async function through(make: (cancelled: Cancelled) => unknown): Promise<{ error?: unknown; caught: boolean }> {
  const thrown = make(await aCancelled());
  const scope = new CancelScope();
  try {
    await scope.run(() => {
      scope.cancel();
      throw thrown;
    });
    return { caught: scope.cancelledCaught };
  } catch (error) {
    return { error, caught: scope.cancelledCaught };
  }
}

describe('G-26: what a cancelled scope makes of an error', () => {
  it(
    'takes a bare Cancelled',
    testRun(async () => expect(await through((c) => c)).toEqual({ caught: true })),
  );

  it(
    'takes a group of nothing but Cancelled, at any depth',
    testRun(async () => {
      const make = (c: Cancelled): unknown => new ExceptionGroup('a', [c, new ExceptionGroup('b', [c, c])]);
      expect(await through(make)).toEqual({ caught: true });
    }),
  );

  it(
    'takes the Cancelled out of a group and keeps the shape of the rest, the messages, causes and stacks',
    testRun(async () => {
      const [one, two, three] = [new TypeError('one'), new RangeError('two'), 'three'];
      const untouched = new ExceptionGroup('untouched', [three]);
      let original: ExceptionGroup | undefined;
      const { error, caught } = await through((c) => {
        const inner = new ExceptionGroup('inner', [c, two], { cause: 'why' });
        return (original = new ExceptionGroup('outer', [one, c, inner, new ExceptionGroup('gone', [c]), untouched]));
      });
      expect(caught).toBe(true);
      const rest = error as ExceptionGroup;
      expect(rest).toBeInstanceOf(ExceptionGroup);
      expect([rest.message, rest.stack]).toEqual(['outer', original!.stack]);
      expect(rest.errors).toEqual([one, expect.any(ExceptionGroup), untouched]);
      expect(rest.errors[2]).toBe(untouched);
      const inner = rest.errors[1] as ExceptionGroup;
      expect([inner.message, inner.cause, inner.errors]).toEqual(['inner', 'why', [two]]);
    }),
  );

  it(
    'lets an error without a Cancelled pass as the same object, and has caught nothing',
    testRun(async () => {
      for (const error of [
        new TypeError('x'),
        new ExceptionGroup('g', [new TypeError('x')]),
        new AggregateError([new TypeError('x')]),
        suppressedError(new TypeError('x'), new TypeError('y')),
        undefined,
        null,
        'text',
      ]) {
        const outcome = await through(() => error);
        expect(outcome.caught).toBe(false);
        expect(outcome.error).toBe(error);
      }
    }),
  );

  it(
    'looks into a native AggregateError',
    testRun(async () => {
      expect(await through((c) => new AggregateError([c]))).toEqual({ caught: true });
      const cause = new Error('why');
      const { error, caught } = await through((c) => new AggregateError([c, new TypeError('x')], 'all', { cause }));
      expect(caught).toBe(true);
      expect(error).toBeInstanceOf(AggregateError);
      expect(error).toMatchObject({ message: 'all', errors: [new TypeError('x')], cause });
    }),
  );

  it(
    'looks into a SuppressedError, both of its errors',
    testRun(async () => {
      const real = new TypeError('real');
      expect(await through((c) => suppressedError(c, c))).toEqual({ caught: true });
      expect(await through((c) => suppressedError(real, c))).toEqual({ error: real, caught: true });
      expect(await through((c) => suppressedError(c, real))).toEqual({ error: real, caught: true });
      const both = await through((c) => suppressedError(new ExceptionGroup('g', [c, real]), new RangeError('other')));
      expect(both).toMatchObject({
        caught: true,
        error: {
          name: 'SuppressedError',
          error: { message: 'g', errors: [real] },
          suppressed: new RangeError('other'),
        },
      });
    }),
  );

  it(
    'looks into a SuppressedError that `await using` has really made',
    testRun(async () => {
      const scope = new CancelScope();
      const error = await thrownBy(() =>
        scope.run(async () => {
          await using _resource = {
            async [Symbol.asyncDispose](): Promise<void> {
              await Promise.resolve();
              throw new TypeError('dispose');
            },
          };
          scope.cancel();
          await sleepForever();
        }),
      );
      expect(scope.cancelledCaught).toBe(true);
      expect(error).toEqual(new TypeError('dispose'));
    }),
  );
});

it(
  'RUN-121: the cause of an error stays what it was on its way through scopes and nurseries',
  testRun(async () => {
    const cause = new Error('why');
    const thrown = new TypeError('x', { cause });
    const scope = new CancelScope();
    const error = (await thrownBy(() =>
      scope.run(() =>
        openNursery(() => {
          scope.cancel();
          throw thrown;
        }),
      ),
    )) as ExceptionGroup;
    expect(error.errors[0]).toBe(thrown);
    expect(thrown.cause).toBe(cause);
  }),
);

it(
  'RUN-122: the group of a nursery has no cause that points at its members',
  testRun(async () => {
    const error = (await thrownBy(() =>
      openNursery((nursery) => {
        nursery.startSoon(() => Promise.reject(new TypeError('a')));
        throw new RangeError('b');
      }),
    )) as ExceptionGroup;
    expect(error.errors).toHaveLength(2);
    expect('cause' in error).toBe(false);
    for (const inner of error.errors as Error[]) expect('cause' in inner).toBe(false);
  }),
);

it(
  'rethrowIfCancelled throws on whatever has a Cancelled in it, and nothing else',
  testRun(async () => {
    const cancelled = await aCancelled();
    for (const error of [
      cancelled,
      new ExceptionGroup('g', [new TypeError('x'), new ExceptionGroup('h', [cancelled])]),
      new AggregateError([cancelled]),
      suppressedError(new TypeError('x'), cancelled),
    ]) {
      expect(await thrownBy(() => rethrowIfCancelled(error))).toBe(error);
    }
    for (const error of [new TypeError('x'), new ExceptionGroup('g', [1]), undefined, null, 'Cancelled']) {
      expect(() => rethrowIfCancelled(error)).not.toThrow();
    }
  }),
);

it.each([
  ['nothing but Cancelled', false],
  ['Cancelled and another error', true],
])('C-20: a group with %s that climbs through many levels is looked into once', async (_what, mixed) => {
  const cancelled = await run(aCancelled);
  let looks = 0;
  const members = mixed ? [cancelled, new Error('x')] : [cancelled];
  const group = Object.defineProperty(new ExceptionGroup('deep', members), 'errors', {
    get: () => {
      looks++;
      return members;
    },
  });
  const climb = (): void => {
    let error: unknown = group;
    for (let level = 0; level < 100; level++) {
      expect(isThrownOn(() => rethrowIfCancelled(error))).toBe(true);
      error = new ExceptionGroup('level', [error]);
    }
  };
  climb();
  const looksOfOneClimb = looks;
  climb();
  expect(looks).toBe(looksOfOneClimb);
  expect(looks).toBeLessThan(5);
});

function isThrownOn(fn: () => void): boolean {
  try {
    fn();
    return false;
  } catch {
    return true;
  }
}
