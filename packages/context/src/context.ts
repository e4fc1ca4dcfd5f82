import { currentLocalsHolder, inspectAs, runWithLocals } from '@tercet/core/lowlevel';
import type { LocalsHolder } from '@tercet/core/lowlevel';
import type { ContextVar } from './context-var.ts';
import { valuesOf } from './values.ts';
import type { Values } from './values.ts';

let holding: (values: Values) => Context;

/**
 * The values of all context variables, as `copyContext` found them. Use it to run code with the values of another place or
 * time. `new Context()` is empty.
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

  /** Holds the values. `run` makes it the place where code sets them. */
  readonly #holder: LocalsHolder = { locals: undefined };

  /**
   * Calls `fn` with this context instead of the task's. It applies to all code that `fn` calls and awaits. Tasks that are spawned
   * there start with a copy of it. Values that `fn` sets are kept in this context.
   *
   * The task, its scopes and its cancellation stay the same. It also works outside of a run.
   *
   * @returns the result of `fn`.
   * @throws {TypeError} when `fn` is not a function.
   * @example
   * const context = copyContext();
   * emitter.on('job', (job) => context.run(() => enqueue(job))); // with the values of the code that listens
   */
  run<R>(fn: () => R): R {
    if (typeof fn !== 'function') throw new TypeError('Context.run() takes a function, as in run(() => work())');
    return runWithLocals(this.#holder, fn);
  }

  /** The value of the variable in this context; `undefined` when it has none, even if it has a default. */
  get<T>(variable: ContextVar<T>): T | undefined {
    return this.#values.get(variable) as T | undefined;
  }

  /** Whether the variable has a value in this context. */
  has<T>(variable: ContextVar<T>): boolean {
    return this.#values.has(variable);
  }

  /** The variables that have a value in this context, each with its value. */
  entries(): IterableIterator<[ContextVar<unknown>, unknown]> {
    return this.#values.entries() as IterableIterator<[ContextVar<unknown>, unknown]>;
  }

  get #values(): Values {
    return valuesOf(this.#holder);
  }
}

/**
 * Copies the context of the calling code, in constant time. Values that are set in one of the two afterwards do not appear in the
 * other one.
 *
 * @example
 * const context = copyContext();
 * setTimeout(() => context.run(report), 1000); // report() sees the values of the time of the copy
 */
export function copyContext(): Context {
  return holding(valuesOf(currentLocalsHolder()));
}
