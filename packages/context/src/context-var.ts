import { StateError } from '@tercet/core';
import { currentLocalsHolder, inspectAs, runWithLocals } from '@tercet/core/lowlevel';
import type { LocalsHolder } from '@tercet/core/lowlevel';
import { valuesOf, withoutValue, withValue } from './values.ts';
import type { Values } from './values.ts';

/**
 * What `ContextVar.set` returns: gives the variable back the value it had before, once, by `ContextVar.reset` or at the
 * end of a `using` block, in the task (or the `Context`) in which it was set.
 */
export interface Token<in out T> extends Disposable {
  /** The variable whose `set` has made it. */
  readonly variable: ContextVar<T>;
}

/**
 * A variable with a value of its own in every task.
 *
 * A task starts with the values of its spawner. What it sets is seen by everything that runs in it, also by its caller
 * after an awaited function has returned, and by tasks that it spawns later; never by its parent or its siblings.
 *
 * It works outside of a run, too: all code that is in no run shares one set of values, and a run starts with them.
 *
 * @typeParam T the type of its values
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

  /** For errors, and for the reader of a debugger. */
  readonly name: string;
  readonly #default: { readonly value: T } | undefined;

  /** @param options.default the value where none has been set. */
  constructor(name: string, options?: { readonly default?: T }) {
    this.name = name;
    this.#default = options !== undefined && 'default' in options ? { value: options.default as T } : undefined;
  }

  /**
   * Its value in the calling task, or else the default.
   *
   * @throws {StateError} when there is neither.
   */
  get(): T;
  /** Its value in the calling task, or else the fallback, also when there is a default. */
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
   * Sets its value, for the calling task and the tasks that it spawns from now on.
   *
   * Not to be called in the callbacks and hooks of a framework: those run in the context of whoever emits, or listens, so
   * that one request would see the value of another. Use `run(value, next)` there. Nothing warns of it, because such a
   * callback cannot be told from other code of the task.
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
   * Gives it back the value, or the lack of one, that it had before the `set` which made the token. Other variables keep
   * what has been set meanwhile.
   *
   * @throws {StateError} when the token is another variable's, has been used, or was made in another task or `Context`.
   */
  reset(token: Token<T>): void {
    if (!(token instanceof SetToken) || token.variable !== this) {
      throw new StateError(
        `ContextVar ${this.name}: reset() takes a token of its own set(), not one of ${token?.variable?.name}`,
      );
    }
    if (token.used) throw new StateError(`ContextVar ${this.name}: the token has been used already; it restores once`);
    token[Symbol.dispose]();
  }

  /**
   * Calls `body` in a copy of the current context in which the variable has this value: seen by everything that `body`
   * calls, awaits and spawns. What `body` sets, of this variable or others, stays in there.
   *
   * @returns what `body` returns.
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
  readonly #holder: LocalsHolder;
  readonly #before: Values;
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
        `ContextVar ${variable.name}: the token was made in another task or Context; what was set there is not seen here`,
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
