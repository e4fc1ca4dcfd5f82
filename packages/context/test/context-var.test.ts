import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { checkpoint, moveOnAfter, openNursery, run, sleep, StateError } from '@tercet/core';
import { spawnSystemTask } from '@tercet/core/lowlevel';
import { ContextVar, copyContext, crossingVariables } from '@tercet/context';
import { testRun } from '@tercet/testing';

describe('ContextVar', () => {
  it(
    "CTX-001: a child sees its parent's value, and what it sets stays in it",
    testRun(async () => {
      const variable = new ContextVar<string>('variable');
      variable.set('parent');
      await openNursery((nursery) => {
        nursery.startSoon(async () => {
          expect(variable.get()).toBe('parent');
          variable.set('child');
          await checkpoint();
          expect(variable.get()).toBe('child');
        });
      });
      expect(variable.get()).toBe('parent');
    }),
  );

  it(
    'G-97: a task starts with the values of the caller of startSoon at that moment, not with those of the nursery',
    testRun(async () => {
      const variable = new ContextVar<string>('variable');
      const seen: string[] = [];
      const look = (): void => void seen.push(variable.get());
      variable.set('opener');
      await openNursery((outer) => {
        outer.startSoon(() => {
          variable.set('spawner');
          outer.startSoon(look);
          variable.set('spawner, later');
        });
        outer.startSoon(look);
        variable.set('opener, later');
      });
      expect(seen).toEqual(['opener', 'spawner']);
    }),
  );

  it(
    'G-97: a value that the body of a nursery or of a scope sets is seen after it',
    testRun(async () => {
      const variable = new ContextVar<string>('variable');
      await openNursery(() => void variable.set('nursery'));
      expect(variable.get()).toBe('nursery');
      await moveOnAfter(1000, async () => {
        await checkpoint();
        variable.set('scope');
      });
      expect(variable.get()).toBe('scope');
    }),
  );

  it(
    'has a value for the caller when an awaited function has set it',
    testRun(async () => {
      const variable = new ContextVar<number>('variable');
      const callee = async (): Promise<void> => {
        await sleep(1);
        variable.set(1);
        await sleep(1);
        variable.set(variable.get() + 1);
      };
      await callee();
      expect(variable.get()).toBe(2);
    }),
  );

  it(
    'has no value for siblings of the task that set it',
    testRun(async () => {
      const variable = new ContextVar<number>('variable', { default: 0 });
      await openNursery((nursery) => {
        for (let id = 1; id <= 3; id++) {
          nursery.startSoon(async () => {
            expect(variable.get()).toBe(0);
            variable.set(id);
            for (let step = 0; step < 5; step++) {
              await checkpoint();
              expect(variable.get()).toBe(id);
            }
          });
        }
      });
    }),
  );

  it('G-97: a run starts with a copy of the values around it, and so do its system tasks', async () => {
    const variable = new ContextVar<string>('variable', { default: 'default' });
    const token = variable.set('outside');
    await run(async () => {
      expect(variable.get()).toBe('outside');
      variable.set('inside');
      await new Promise<void>((resolve) => {
        spawnSystemTask(() => {
          expect(variable.get()).toBe('outside');
          resolve();
        });
      });
    });
    expect(variable.get()).toBe('outside');
    variable.reset(token);
    expect(variable.get()).toBe('default');
  });

  it('works outside of a run, where all code shares one set of values', async () => {
    const variable = new ContextVar<number>('variable');
    expect(() => variable.get()).toThrow(StateError);
    {
      using _ = variable.set(1);
      await Promise.resolve();
      expect(variable.get()).toBe(1);
    }
    expect(() => variable.get()).toThrow('ContextVar variable has no value here; set it, or give it a default');
  });

  it('returns the value, or else the fallback, or else the default', () => {
    const bare = new ContextVar<number>('bare');
    const withDefault = new ContextVar<number | undefined>('with default', { default: 1 });
    const undefinedDefault = new ContextVar<number | undefined>('undefined by default', { default: undefined });
    expect(bare.get(2)).toBe(2);
    expect(bare.get(undefined)).toBeUndefined();
    expect(withDefault.get()).toBe(1);
    expect(withDefault.get(2)).toBe(2);
    expect(undefinedDefault.get()).toBeUndefined();
    using _ = withDefault.set(undefined);
    expect(withDefault.get()).toBeUndefined();
    expect(withDefault.get(2)).toBeUndefined();
  });
});

describe('a token', () => {
  it(
    'restores the former value, or the state without one, at the end of a `using` block',
    testRun(async () => {
      const variable = new ContextVar<number>('variable');
      {
        using _ = variable.set(1);
        {
          using __ = variable.set(2);
          await checkpoint();
          expect(variable.get()).toBe(2);
        }
        expect(variable.get()).toBe(1);
      }
      expect(() => variable.get()).toThrow(StateError);
    }),
  );

  it('restores only its variable', () => {
    const [first, second] = [new ContextVar<number>('first'), new ContextVar<number>('second')];
    const token = first.set(1);
    const other = second.set(2);
    first.reset(token);
    expect(first.get(0)).toBe(0);
    expect(second.get()).toBe(2);
    second.reset(other);
  });

  it('can be used for one reset, of the variable that made it', () => {
    const [first, second] = [new ContextVar<number>('first'), new ContextVar<number>('second')];
    const token = first.set(1);
    expect(() => second.reset(token)).toThrow(
      'ContextVar second: reset() takes a token of its set(), not one of first',
    );
    expect(first.get()).toBe(1);
    first.reset(token);
    expect(() => first.reset(token)).toThrow('the token has already been used');
    first.set(3);
    token[Symbol.dispose]();
    expect(first.get()).toBe(3);
    expect(() => first.reset({} as typeof token)).toThrow(StateError);
  });
});

describe('a token in the wrong place', () => {
  it(
    'restores nothing in another task',
    testRun(async () => {
      const variable = new ContextVar<number>('variable');
      const token = variable.set(1);
      await openNursery((nursery) => {
        nursery.startSoon(() => {
          expect(() => variable.reset(token)).toThrow('the token comes from another task or Context');
          expect(variable.get()).toBe(1);
        });
      });
      variable.reset(token);
      expect(variable.get(0)).toBe(0);
    }),
  );

  it('restores nothing in another context', () => {
    const variable = new ContextVar<number>('variable');
    const token = variable.set(1);
    expect(() => copyContext().run(() => token[Symbol.dispose]())).toThrow(StateError);
    variable.reset(token);
  });
});

describe('ContextVar.run', () => {
  it(
    'sets the value for the body and all code that it awaits and spawns, and for no other',
    testRun(async () => {
      const variable = new ContextVar<string>('variable', { default: 'none' });
      const seen: string[] = [];
      await openNursery(async (nursery) => {
        const bodies = ['a', 'b'].map((name) =>
          variable.run(name, async () => {
            nursery.startSoon(async () => void seen.push(`task ${variable.get()}`));
            await checkpoint();
            seen.push(`body ${variable.get()}`);
            variable.set('changed');
          }),
        );
        expect(variable.get()).toBe('none');
        await Promise.all(bodies);
      });
      expect(seen.sort()).toEqual(['body a', 'body b', 'task a', 'task b']);
      expect(variable.get()).toBe('none');
    }),
  );

  it('returns the result of the body, throws its error, and works outside of a run', async () => {
    const variable = new ContextVar<number>('variable', { default: 0 });
    expect(variable.run(1, () => variable.get() + 1)).toBe(2);
    expect(await variable.run(1, async () => variable.get() + 1)).toBe(2);
    expect(() =>
      variable.run(1, () => {
        throw new Error('from the body');
      }),
    ).toThrow('from the body');
    expect(variable.get()).toBe(0);
  });

  it('refuses a body that is not a function', () => {
    const variable = new ContextVar<number>('variable');
    expect(() => variable.run(1, Promise.resolve() as never)).toThrow(TypeError);
  });
});

describe('inspection', () => {
  it('shows the owners of a variable and of a token', () => {
    const variable = new ContextVar<number>('request id');
    const token = variable.set(1);
    expect(inspect(variable)).toBe('<ContextVar request id>');
    expect(inspect(token)).toBe('<Token of ContextVar request id>');
    variable.reset(token);
    expect(inspect(token)).toBe('<Token of ContextVar request id, used>');
  });
});

it('P44: a variable that crosses is found by its name', () => {
  const variable = new ContextVar<number>('crossing number', { crossing: true });
  expect(variable.crossing).toBe(true);
  expect(crossingVariables.get('crossing number')).toBe(variable);
  expect(new ContextVar('another number').crossing).toBe(false);
  expect(crossingVariables.has('another number')).toBe(false);
});
