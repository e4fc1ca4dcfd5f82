import { describe, expect, it } from '@jest/globals';
import {
  all,
  any,
  CancelScope,
  Cancelled,
  checkpoint,
  ExceptionGroup,
  isOnlyCancelled,
  openNursery,
  race,
  rethrowIfCancelled,
  run,
  sleepForever,
} from '@tercet/core';
import { testRun } from '@tercet/testing';
import { runProgram } from '../programs/run-program.ts';
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

/** The error of a cancelled scope whose body throws the result of `make(cancelled)`, and whether the scope has caught one. */
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

describe('G-26: an error that leaves a cancelled scope', () => {
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
  'RUN-121: the cause of an error does not change on its way through scopes and nurseries',
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
  'rethrowIfCancelled rethrows every error with a Cancelled in it, and no other',
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

describe('C-7: an error that resists being looked at', () => {
  const fail = (): never => {
    throw new Error('no fields for you');
  };
  const revoked = (): object => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };
  const withGetter = (key: string): Error => Object.defineProperty(new Error('shy'), key, { get: fail });
  const inItself = (): AggregateError => {
    const error = new AggregateError([], 'in itself');
    error.errors.push(error);
    return error;
  };
  const suppressingItself = (): Error => {
    const error = suppressedError(undefined, new Error('x'));
    return Object.assign(error, { error });
  };
  const strange: [string, () => unknown][] = [
    ['a group in itself', inItself],
    ['a SuppressedError in itself', suppressingItself],
    ['a proxy that throws', (): unknown => new Proxy({}, { get: fail, has: fail, getPrototypeOf: fail })],
    ['a revoked proxy', revoked],
    ['a name that cannot be read', (): unknown => withGetter('name')],
    ['a message that cannot be read', (): unknown => withGetter('message')],
    [
      'errors that cannot be read',
      (): unknown => Object.defineProperty(new AggregateError([]), 'errors', { get: fail }),
    ],
    [
      'a list of errors that is a revoked proxy',
      (): unknown => Object.assign(new AggregateError([]), { errors: revoked() }),
    ],
  ];

  it.each(strange)('C-7: %s comes out of main, tasks, start, scopes and combinators', async (_, make) => {
    const thrown = make();
    const throwIt = (): never => {
      throw thrown;
    };
    for (const body of [throwIt, (): unknown => new CancelScope().run(throwIt), (): unknown => race([throwIt])]) {
      // Not returned from an async function: that would look for a `then` in it.
      let caught: unknown;
      await run(body).catch((error: unknown) => void (caught = error));
      expect(caught === thrown).toBe(true);
    }
    const inStart = (): Promise<unknown> => openNursery((nursery) => nursery.start(throwIt));
    for (const body of [(): unknown => all([throwIt]), (): unknown => any([throwIt]), inStart]) {
      const group = (await thrownBy(() => run(body))) as ExceptionGroup;
      expect(group.errors).toHaveLength(1);
      expect(group.errors[0] === thrown).toBe(true);
      expect(group.message).toEqual(expect.any(String));
    }
  });

  it.each(strange)('C-7: %s beside a Cancelled comes out of a cancelled scope', async (_, make) => {
    const thrown = make();
    await run(async () => {
      const { error, caught } = await through((c) => new ExceptionGroup<unknown>('both', [c, thrown, c]));
      expect(caught).toBe(true);
      expect((error as ExceptionGroup).errors.map((each) => each === thrown)).toEqual([true]);
    });
  });

  it('C-7: is rid of its Cancelled, if it holds one beside itself', async () => {
    await run(async () => {
      const alone = await through((c) => {
        const error = inItself();
        error.errors.push(c);
        return error;
      });
      expect(alone).toEqual({ caught: true });
      const { error } = await through((c) => {
        const group = inItself();
        group.errors.push(c, new TypeError('kept'));
        return group;
      });
      expect((error as AggregateError).errors).toEqual([new TypeError('kept')]);
    });
  });

  it('C-7: is walked once, however often it stands in the tree', async () => {
    await run(async () => {
      const wide = (leaf: unknown): AggregateError => {
        let group = new AggregateError([leaf]);
        for (let level = 0; level < 60; level++) group = new AggregateError([group, group]);
        return group;
      };
      expect(await through(wide)).toEqual({ caught: true });
      const whole = wide(new TypeError('x'));
      expect((await through(() => whole)).error).toBe(whole);
    });
  });

  it('C-7: a group whose own derive throws loses none of its errors', async () => {
    class Odd extends ExceptionGroup {
      override derive(): never {
        return fail();
      }
    }
    const kept = new TypeError('kept');
    await run(async () => {
      const { error } = await through((c) => new Odd('odd', [c, kept]));
      expect((error as ExceptionGroup).errors).toEqual([kept]);
    });
  });
});

it('C-3: isOnlyCancelled knows a Cancelled in groups of every kind, and nothing else', async () => {
  await run(async () => {
    const c = await aCancelled();
    const group = new ExceptionGroup<unknown>('a', [c, new AggregateError([c])]);
    for (const only of [c, group, suppressedError(c, group)]) expect(isOnlyCancelled(only)).toBe(true);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const others = [new TypeError('x'), new ExceptionGroup<unknown>('b', [c, 'text']), undefined, 'Cancelled', proxy];
    for (const other of others) expect(isOnlyCancelled(other)).toBe(false);
  });
});

it('C-7: a body that leaves very many operations and scopes behind ends like any other', async () => {
  const { code, stdout, stderr } = await runProgram(`
    import { CancelScope, run, sleepForever } from '@tercet/core';
    const nest = (depth: number): Promise<unknown> =>
      depth === 0 ? sleepForever() : new CancelScope().run(() => nest(depth - 1));
    await run(() => new CancelScope().run(() => {
      void new CancelScope().run(() => {
        for (let count = 0; count < 150_000; count++) void sleepForever();
        return sleepForever();
      });
      void nest(5000);
    })).catch((error) => console.log(error.name, error.operations.length, error.message.length < 2000));
  `);
  expect([code, stdout, stderr]).toEqual([0, 'UnawaitedError 150002 true\n', '']);
});

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
