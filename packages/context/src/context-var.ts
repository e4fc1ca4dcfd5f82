import { StateError } from '@tercet/core';
import { currentLocalsHolder, inspectAs, runWithLocals } from '@tercet/core/lowlevel';
import type { LocalsHolder } from '@tercet/core/lowlevel';
import { valuesOf, withoutValue, withValue } from './values.ts';
import type { Values } from './values.ts';

/**
 * Restores the value that a variable had before the `ContextVar.set` that returned the token. It does so once, by
 * `ContextVar.reset` or at the end of a `using` block, in the task (or the `Context`) in which the value was set.
 *
 * @example
 * const user = new ContextVar('user', { default: 'nobody' });
 * const token = user.set('ann');
 * token.variable.get(); // 'ann'
 * user.reset(token); // 'nobody' again
 *
 * {
 *   using restored = user.set('bob'); // until the end of this block
 * }
 */
export interface Token<in out T> extends Disposable {
  /** The variable whose `set` returned the token. */
  readonly variable: ContextVar<T>;
}

/**
 * The variables whose values go along to workers, by their names.
 *
 * @internal For `@tercet/parallel`.
 * @example
 * const tenant = new ContextVar('tenant', { default: 'none', crossing: true });
 * crossingVariables.get('tenant') === tenant; // true
 */
export const crossingVariables: Map<string, ContextVar<unknown>> = new Map();

/**
 * A variable that has a separate value in every task, also called a task-local variable.
 *
 * A task starts with the values of the task that spawned it. A value that it sets is seen by all code that runs in the task,
 * including the caller of the function that set it, and by tasks that it spawns later. The parent and the siblings of the task
 * never see it.
 *
 * It also works outside of a run: all code outside of runs shares one set of values, and a run starts with these.
 *
 * @typeParam T the type of the values
 * @example
 * const requestId = new ContextVar<number>('request id');
 *
 * async function handle(id: number): Promise<void> {
 *   using _ = requestId.set(id);
 *   await log('begins'); // requestId.get() is id in there, and in every task that is started there
 * }
 */
export class ContextVar<in out T> {
  static {
    inspectAs(this, (variable) => `ContextVar ${variable.name}`);
  }

  /** The name of the variable in errors and debuggers. */
  readonly name: string;
  /** Whether its value goes along when a function is called in a worker. */
  readonly crossing: boolean;
  /** Holds the default, which may be `undefined`; not defined when there is none. */
  readonly #default: { readonly value: T } | undefined;

  /**
   * @param options.default the value of the variable where none has been set.
   * @param options.crossing whether the value goes along when a function is called in a worker of `@tercet/parallel`. The
   *   module that makes the variable is loaded there, too, and the variable is found by its name, which has to be unique. The
   *   value must be cloneable. Changes in the worker do not come back.
   */
  constructor(name: string, options?: { readonly default?: T; readonly crossing?: boolean }) {
    this.name = name;
    this.crossing = options?.crossing === true;
    if (this.crossing) crossingVariables.set(name, this as ContextVar<unknown>);
    this.#default = options !== undefined && 'default' in options ? { value: options.default as T } : undefined;
  }

  /**
   * Returns the value in the calling task, or else the default.
   *
   * @throws {StateError} when there is neither.
   */
  get(): T;
  /** Returns the value in the calling task, or else the fallback, even when there is a default. */
  get<F>(fallback: F): T | F;
  get(...fallback: unknown[]): unknown {
    const values = valuesOf(currentLocalsHolder());
    const value = values.get(this);
    if (value !== undefined || values.has(this)) return value;
    if (fallback.length > 0) return fallback[0];
    if (this.#default !== undefined) return this.#default.value;
    throw new StateError(`ContextVar ${this.name} has no value here; set it, or give it a default`);
  }

  /**
   * Sets the value for the calling task and for the tasks that it spawns from now on.
   *
   * Do not call it in the callbacks and hooks of a framework. They run in the context of the task that emits or listens, so one
   * request would see the value of another. Use `run(value, next)` there. No warning is possible, because such a callback looks
   * like any other code of the task.
   *
   * @returns a token that restores the former value: `using _ = variable.set(value)`. It may be ignored.
   */
  set(value: T): Token<T> {
    const holder = currentLocalsHolder();
    const values = valuesOf(holder);
    holder.locals = withValue(values, this, value);
    return new SetToken<T>(this, holder, values);
  }

  /**
   * Restores the state from before the `set` that returned the token: the former value, or none. Other variables are not
   * affected.
   *
   * @throws {StateError} when the token belongs to another variable, has been used, or comes from another task or `Context`.
   */
  reset(token: Token<T>): void {
    if (!(token instanceof SetToken) || token.variable !== this) {
      throw new StateError(
        `ContextVar ${this.name}: reset() takes a token of its set(), not one of ${token?.variable?.name}`,
      );
    }
    if (token.used)
      throw new StateError(`ContextVar ${this.name}: the token has already been used; each token restores once`);
    token[Symbol.dispose]();
  }

  /**
   * Calls `body` in a copy of the current context in which the variable has this value. All code that `body` calls, awaits and
   * spawns sees it. Values that `body` sets, of this variable or of others, are not seen outside of `body`.
   *
   * @returns the result of `body`.
   * @throws {TypeError} when `body` is not a function.
   * @example
   * app.use((request, response, next) => requestId.run(request.id, next)); // each request has its own value
   */
  run<R>(value: T, body: () => R): R {
    if (typeof body !== 'function') {
      throw new TypeError(
        `ContextVar ${this.name}: run() takes a value and a function, as in run(value, () => work())`,
      );
    }
    return runWithLocals({ locals: withValue(valuesOf(currentLocalsHolder()), this, value) }, body);
  }
}

class SetToken<in out T> implements Token<T> {
  static {
    inspectAs(this, (token) => `Token of ContextVar ${token.variable.name}${token.used ? ', used' : ''}`);
  }

  readonly variable: ContextVar<T>;
  /** The context in which the value was set. */
  readonly #holder: LocalsHolder;
  /** The values before it was set. */
  readonly #before: Values;
  /** True once the former value has been restored. */
  used = false;

  constructor(variable: ContextVar<T>, holder: LocalsHolder, before: Values) {
    this.variable = variable;
    this.#holder = holder;
    this.#before = before;
  }

  [Symbol.dispose](): void {
    if (this.used) return;
    const { variable } = this;
    const holder = currentLocalsHolder();
    if (holder !== this.#holder) {
      throw new StateError(
        `ContextVar ${variable.name}: the token comes from another task or Context, whose values this code does not see`,
      );
    }
    this.used = true;
    const values = valuesOf(holder);
    const before = this.#before;
    holder.locals = before.has(variable)
      ? withValue(values, variable, before.get(variable))
      : withoutValue(values, variable);
  }
}
