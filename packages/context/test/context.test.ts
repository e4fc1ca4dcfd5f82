import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, checkpoint, openNursery, sleepForever } from '@tercet/core';
import { Context, ContextVar, copyContext } from '@tercet/context';
import { testRun } from '@tercet/testing';

describe('copyContext', () => {
  it(
    'CTX-002: a task that is started in a copied context starts with its values',
    testRun(async () => {
      const variable = new ContextVar<string>('variable');
      variable.set('before');
      const context = copyContext();
      context.run(() => variable.set('in the context'));
      const seen: string[] = [];
      await openNursery((nursery) => {
        context.run(() => nursery.startSoon(() => void seen.push(variable.get())));
        nursery.startSoon(() => void seen.push(variable.get()));
      });
      expect(seen).toEqual(['in the context', 'before']);
    }),
  );

  it(
    'CTX-002: a task that is started by start() in a copied context starts with its values',
    testRun(async () => {
      const variable = new ContextVar<string>('variable');
      variable.set('before');
      const context = copyContext();
      context.run(() => variable.set('in the context'));
      await openNursery(async (nursery) => {
        const seen = await context.run(() =>
          nursery.start<string>((status) => {
            const value = variable.get();
            variable.set('in the task');
            status.started(value);
          }),
        );
        expect(seen).toBe('in the context');
      });
      expect(context.get(variable)).toBe('in the context');
    }),
  );

  it('makes a copy, so that later changes on one side do not appear on the other', () => {
    const variable = new ContextVar<number>('variable', { default: 0 });
    const token = variable.set(1);
    const context = copyContext();
    variable.set(2);
    expect(context.get(variable)).toBe(1);
    context.run(() => variable.set(3));
    expect(context.get(variable)).toBe(3);
    expect(variable.get()).toBe(2);
    variable.reset(token);
    expect(context.run(copyContext).get(variable)).toBe(3);
  });

  it('takes the same time, however many values there are', () => {
    const context = new Context();
    context.run(() => {
      for (let index = 0; index < 500; index++) new ContextVar<number>(`variable ${index}`).set(index);
    });
    const copies = context.run(() => Array.from({ length: 100_000 }, copyContext));
    expect(Array.from(copies[99_999]!.entries()).length).toBe(500);
  });
});

describe('Context', () => {
  it('keeps its values from one call to the next', () => {
    const variable = new ContextVar<number>('variable', { default: 0 });
    const context = new Context();
    context.run(() => variable.set(1));
    expect(context.run(() => variable.get())).toBe(1);
    expect(variable.get()).toBe(0);
  });

  it('starts empty when it is not a copy', () => {
    const variable = new ContextVar<number>('variable', { default: 0 });
    using _ = variable.set(1);
    expect(new Context().run(() => variable.get())).toBe(0);
  });

  it('reports the values that it holds, without the defaults', () => {
    const [set, unset] = [new ContextVar<number>('set'), new ContextVar<number>('unset', { default: 1 })];
    const context = new Context();
    context.run(() => set.set(5));
    expect([context.get(set), context.has(set)]).toEqual([5, true]);
    expect([context.get(unset), context.has(unset)]).toEqual([undefined, false]);
    expect([...context.entries()]).toEqual([[set, 5]]);
  });

  it(
    'applies to all code that the function awaits',
    testRun(async () => {
      const variable = new ContextVar<string>('variable', { default: 'none' });
      const context = new Context();
      const inside = context.run(async () => {
        variable.set('inside');
        await checkpoint();
        await checkpoint();
        return variable.get();
      });
      expect(variable.get()).toBe('none');
      expect(await inside).toBe('inside');
      expect(variable.get()).toBe('none');
    }),
  );

  it(
    'does not change the task and the scopes of the function',
    testRun(async () => {
      const scope = new CancelScope();
      await openNursery(async (nursery) => {
        nursery.startSoon(() => scope.run(() => new Context().run(sleepForever)));
        await checkpoint();
        scope.cancel();
      });
      expect(scope.cancelledCaught).toBe(true);
    }),
  );

  it(
    'gives a listener the values of the code that registered it',
    testRun(async () => {
      const variable = new ContextVar<string>('variable', { default: 'none' });
      const emitter = new EventEmitter();
      const heard: string[] = [];
      await openNursery((nursery) => {
        nursery.startSoon(() => {
          variable.set('listener');
          const context = copyContext();
          emitter.on('plain', () => heard.push(`plain: ${variable.get()}`));
          emitter.on('bound', () => context.run(() => heard.push(`bound: ${variable.get()}`)));
        });
      });
      variable.set('emitter');
      emitter.emit('plain');
      emitter.emit('bound');
      expect(heard).toEqual(['plain: emitter', 'bound: listener']);
    }),
  );

  it('refuses anything but a function, and throws the error of that', () => {
    const context = new Context();
    expect(() => context.run(Promise.resolve() as never)).toThrow(TypeError);
    expect(() =>
      context.run(() => {
        throw new Error('from the function');
      }),
    ).toThrow('from the function');
  });

  it('shows its values', () => {
    const context = new Context();
    expect(inspect(context)).toBe('<Context empty>');
    context.run(() => {
      new ContextVar<number>('a').set(1);
      new ContextVar<string>('b').set('two');
    });
    expect(inspect(context)).toBe('<Context a = 1, b = two>');
  });
});
