import { nameForeignIn } from '../foreign/foreign-cancelled.ts';
import { RunFinishedError } from '../errors/tercet-error.ts';
import { inspectAs } from '../platform/platform.ts';
import type { Run } from './run-state.ts';
import { currentNode, frames } from '../frames/frames.ts';
import { resolved } from '../platform/resolved.ts';

/**
 * The way into a run from outside, for callbacks of other libraries and message ports. Each run has one.
 *
 * @example
 * const token = currentRunToken();
 * setTimeout(() => token.runSoon(() => console.log('in the run')), 10);
 * await sleep(50);
 */
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
   * Calls `fn` soon in the run, but not synchronously; functions are called in the order of the calls, and those that are
   * idempotent after the others. A function that is queued before the end of the run is called in any case. If it queues
   * itself again during the end of the run, it gets the `RunFinishedError`. An error that it throws ends the run with an
   * `InternalError`.
   *
   * Never blocks, and may be called from anywhere in the thread.
   *
   * @param options.idempotent whether a function that is already queued is not queued again.
   * @throws {RunFinishedError} when the run has ended.
   */
  runSoon(fn: () => void, options?: { readonly idempotent?: boolean }): void {
    if (this.#run.closed) throw new RunFinishedError('runSoon(): the run has ended');
    if (typeof fn !== 'function') throw new TypeError(`runSoon() takes a function, not ${typeof fn}`);
    if (options?.idempotent === true) this.#idempotent.add(fn);
    else this.#queue.push(fn);
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#run.slice.isOrdered) this.#deferDrain();
    else void resolved.then(this.#drain);
  }

  /** Number of functions that are queued. */
  get size(): number {
    return this.#queue.length + this.#idempotent.size;
  }

  #deferDrain(): void {
    const { slice, root } = this.#run;
    slice.defer(this.#drain, undefined, { task: root, what: 'runSoon' });
  }

  // Only the functions that are queued now: one that queues itself again must not block the event loop. In an ordered run each
  // of them is a step.
  readonly #drain = (): void => {
    this.callQueued(this.#run.slice.isOrdered ? 1 : Infinity);
    this.#scheduled = this.size > 0;
    if (this.#scheduled) this.#deferDrain();
    else this.#run.idleWatch?.look();
  };

  /** @internal Calls the functions that are queued now, at most `limit` of them. @returns whether there were any. */
  callQueued(limit: number = Infinity): boolean {
    if (this.size === 0) return false;
    const normal = this.#queue.splice(0, limit);
    const idempotent = [...this.#idempotent].slice(0, limit - normal.length);
    for (const fn of idempotent) this.#idempotent.delete(fn);
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
      // It counts as a failure of a system task, even when all system tasks have ended.
      const { systemNursery, root } = this.#run;
      const callback = 'a callback of runSoon()';
      systemNursery.collect(nameForeignIn(root, error, callback), callback, { name: 'runSoon' });
    }
  }
}

/**
 * The way into this run from outside of it. @throws {StateError} outside of a run.
 *
 * @example
 * const token = currentRunToken();
 * process.once('SIGUSR2', () => token.runSoon(reload, { idempotent: true }));
 */
export function currentRunToken(): RunToken {
  const { run } = currentNode('currentRunToken()');
  return (run.token ??= RunToken.of(run));
}
