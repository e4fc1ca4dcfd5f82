import type { CancelNode } from '../cancellation/cancel-node.ts';
import { CancelScope } from '../cancellation/cancel-scope.ts';
import { StateError } from '../errors/tercet-error.ts';
import { currentNode } from '../frames/frames.ts';

/**
 * A variable whose value holds for a part of the tree of tasks: for the body that `run` is given, all that it calls, and all
 * tasks of nurseries that are opened there.
 *
 * A task belongs to the tree below its nursery, no matter which task started it. A context variable differs: a task inherits it
 * from the task that started it. So a tree variable is for a resource that a part of the program owns and closes when that
 * part has ended: nothing below outlives it.
 *
 * @example
 * const database = new TreeVar<string>('database');
 * await database.run('postgres://localhost/test', serve); // database.get() finds it in all of serve's tasks
 */
export class TreeVar<T> {
  readonly name: string;
  readonly #default: { readonly value: T } | undefined;
  /** By the scope in which the value holds. */
  readonly #values = new WeakMap<CancelNode, { readonly value: T }>();

  constructor(name: string, options?: { readonly default: T }) {
    this.name = name;
    this.#default = options === undefined ? undefined : { value: options.default };
  }

  /**
   * Its nearest value in the tree around the calling code, or the fallback, or the default.
   *
   * @throws {StateError} when there is none of them, or outside of a run.
   */
  get(fallback?: T): T;
  get(...fallback: T[]): T {
    for (let node: CancelNode | undefined = currentNode('TreeVar.get()'); node !== undefined; node = node.parent) {
      const held = this.#values.get(node);
      if (held !== undefined) return held.value;
    }
    if (fallback.length > 0) return fallback[0] as T;
    if (this.#default !== undefined) return this.#default.value;
    throw new StateError(`TreeVar ${this.name} has no value here; call this inside of its run(), or give it a default`);
  }

  /**
   * Calls `body`, in a scope in which the variable has this value.
   *
   * @returns the result of `body`. @throws the error of `body`. @throws {StateError} outside of a run.
   */
  async run<R>(value: T, body: () => R | PromiseLike<R>): Promise<R> {
    const scope = new CancelScope();
    this.#values.set(CancelScope.nodeOf(scope), { value });
    return (await scope.run(() => body())) as R;
  }
}
