import { currentLocalsHolder, inspectAs, runWithLocals } from '@tercet/core/lowlevel';
import type { LocalsHolder } from '@tercet/core/lowlevel';
import type { ContextVar } from './context-var.ts';
import { valuesOf } from './values.ts';
import type { Values } from './values.ts';

let holding: (values: Values) => Context;

/**
 * The values of all context variables together, as `copyContext` has found them: for running code with the values of
 * another place or time. `new Context()` is an empty one.
 */
export class Context {
  static {
    inspectAs(this, (context) => {
      const values = Array.from(context.entries(), ([variable, value]) => `${variable.name} = ${String(value)}`);
      return `Context ${values.length === 0 ? 'empty' : values.join(', ')}`;
    });
    holding = (values) => {
      const context = new Context();
      context.#holder.locals = values;
      return context;
    };
  }

  readonly #holder: LocalsHolder = { locals: undefined };

  /**
   * Calls `fn` with this context in place of the task's: for everything that `fn` calls and awaits, and for tasks that
   * are spawned there, which start with a copy of it. What `fn` sets is kept in this context.
   *
   * The task, its scopes and its cancellation stay the same. Works outside of a run, too.
   *
   * @returns what `fn` returns.
   * @throws {TypeError} when `fn` is not a function.
   * @example
   * const context = copyContext();
   * emitter.on('job', (job) => context.run(() => enqueue(job))); // with the values of the code that listens
   */
  run<R>(fn: () => R): R {
    if (typeof fn !== 'function') throw new TypeError('Context.run() takes a function, as in run(() => work())');
    return runWithLocals(this.#holder, fn);
  }

  /** The value that the variable has in this context; `undefined` when it has none, whatever its default. */
  get<T>(variable: ContextVar<T>): T | undefined {
    return this.#values.get(variable) as T | undefined;
  }

  /** Whether the variable has a value in this context. */
  has<T>(variable: ContextVar<T>): boolean {
    return this.#values.has(variable);
  }

  /** The variables that have a value in this context, each with it. */
  entries(): IterableIterator<[ContextVar<unknown>, unknown]> {
    return this.#values.entries() as IterableIterator<[ContextVar<unknown>, unknown]>;
  }

  get #values(): Values {
    return valuesOf(this.#holder);
  }
}

/**
 * A copy of the calling code's context. It costs the same whatever the context holds; what either side sets afterwards,
 * the other does not see.
 */
export function copyContext(): Context {
  return holding(valuesOf(currentLocalsHolder()));
}
