import { StateError } from '../errors/tercet-error.ts';
import { currentNode } from '../frames/frames.ts';

/**
 * The result of `RunVar.set`, for `RunVar.reset`.
 *
 * @example
 * const limit = new RunVar('limit', 10);
 * const token: RunVarToken<number> = limit.set(20);
 * limit.reset(token);
 * limit.get(); // 10
 */
export interface RunVarToken<T> {
  readonly variable: RunVar<T>;
  /** @internal */
  readonly previous: { readonly value: T } | undefined;
}

/**
 * A variable with one value per run, shared by all tasks of the run: for a pool, a cache and the like.
 *
 * @example
 * const limiter = new RunVar<CapacityLimiter>('default limiter');
 */
export class RunVar<T> {
  readonly name: string;
  readonly #default: { readonly value: T } | undefined;

  constructor(name: string, options?: { readonly default: T }) {
    this.name = name;
    this.#default = options === undefined ? undefined : { value: options.default };
  }

  /**
   * Its value in this run, or the fallback, or the default.
   *
   * @throws {StateError} when there is none of them, or outside of a run.
   */
  get(fallback?: T): T;
  get(...fallback: T[]): T {
    const held = this.#values('get').get(this) as { value: T } | undefined;
    if (held !== undefined) return held.value;
    if (fallback.length > 0) return fallback[0] as T;
    if (this.#default !== undefined) return this.#default.value;
    throw new StateError(`RunVar ${this.name} has no value in this run; set it, or give it a default`);
  }

  /** Sets it for the whole run. @throws {StateError} outside of a run. */
  set(value: T): RunVarToken<T> {
    const values = this.#values('set');
    const previous = values.get(this) as { value: T } | undefined;
    values.set(this, { value });
    return { variable: this, previous };
  }

  /** Restores the value from before that `set`. @throws {StateError} when the token belongs to another variable. */
  reset(token: RunVarToken<T>): void {
    if (token.variable !== this) {
      throw new StateError(`RunVar ${this.name}: the token was made by RunVar ${token.variable.name}`);
    }
    const values = this.#values('reset');
    if (token.previous === undefined) values.delete(this);
    else values.set(this, token.previous);
  }

  #values(operation: string): Map<object, unknown> {
    return currentNode(`RunVar.${operation}()`).run.variables;
  }
}
