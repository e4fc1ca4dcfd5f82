import { nameForeignIn } from '../foreign/foreign-cancelled.ts';
import { RunFinishedError } from '../errors/tercet-error.ts';
import { inspectAs } from '../platform/platform.ts';
import type { Run } from './run-state.ts';
import { currentNode, frames } from '../frames/frames.ts';
import { resolved } from '../platform/resolved.ts';

/** The way into a run from outside: from callbacks of other libraries, from message ports. One per run. */
export class RunToken {
  static {
    inspectAs(this, (token) => `RunToken of ${token.#run.name}${token.#run.closed ? ', finished' : ''}`);
  }

  readonly #run: Run;
  #queue: (() => void)[] = [];
  readonly #idempotent = new Set<() => void>();
  #scheduled = false;

  private constructor(run: Run) {
    this.#run = run;
  }

  /** @internal Makes the token of a run: see `currentRunToken`. */
  static of(run: Run): RunToken {
    return new RunToken(run);
  }

  /**
   * Calls `fn` soon, in the run, not synchronously: first queued, first called. A function that is queued before the end
   * of the run is called in any case; one that queues itself again then gets the `RunFinishedError`. An error that it
   * throws ends the run with an `InternalError`.
   *
   * Never blocks; may be called from anywhere in the thread.
   *
   * @param options.idempotent queues the same function once only, as long as it has not been called.
   * @throws {RunFinishedError} when the run has ended.
   */
  runSoon(fn: () => void, options?: { readonly idempotent?: boolean }): void {
    if (this.#run.closed) throw new RunFinishedError('runSoon(): the run has ended');
    if (typeof fn !== 'function') throw new TypeError(`runSoon() takes a function, not ${typeof fn}`);
    if (options?.idempotent === true) this.#idempotent.add(fn);
    else this.#queue.push(fn);
    if (this.#scheduled) return;
    this.#scheduled = true;
    void resolved.then(this.#drain);
  }

  /** How many functions wait to be called. */
  get size(): number {
    return this.#queue.length + this.#idempotent.size;
  }

  // Only what is queued now: a function that queues itself again must not keep the event loop from turning.
  readonly #drain = (): void => {
    this.callQueued();
    this.#scheduled = this.size > 0;
    if (this.#scheduled) void this.#run.slice.next(undefined).then(this.#drain);
    else this.#run.idleWatch?.look();
  };

  /** @internal Calls what is queued now. @returns whether that was anything. */
  callQueued(): boolean {
    if (this.size === 0) return false;
    const normal = this.#queue;
    const idempotent = [...this.#idempotent];
    this.#queue = [];
    this.#idempotent.clear();
    frames.run(this.#run.root, () => {
      for (const fn of normal) this.#call(fn);
      for (const fn of idempotent) this.#call(fn);
    });
    return true;
  }

  #call(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      // That counts as a failure of a system task, also when the last of them has ended.
      const { systemNursery, root } = this.#run;
      const callback = 'a callback of runSoon()';
      systemNursery.collect(nameForeignIn(root, error, callback), callback, { name: 'runSoon' });
    }
  }
}

/** The way into this run from outside of it. @throws {StateError} outside of a run. */
export function currentRunToken(): RunToken {
  const { run } = currentNode('currentRunToken()');
  return (run.token ??= RunToken.of(run));
}
