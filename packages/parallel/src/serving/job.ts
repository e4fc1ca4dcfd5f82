import type { SharedClaims } from '../protocol/shared-claims.ts';
import type { CallExtra, ItemsEnd } from '../protocol/messages.ts';
import type { JobFunction } from './job-function.ts';
import type { CurrentJob } from './worker-state.ts';

/** How a job ended. */
export type Outcome =
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'cancelled' };

/** The server as a running job sees it. */
export interface JobServer {
  readonly shared: SharedClaims | undefined;
  report(job: Job, value: unknown): void;
  /** Sends what a generator has yielded. */
  sendItems(job: Job, items: unknown[]): void;
  /** Asks for more items of an iterable argument; -1 ends it. */
  pull(job: Job, argument: number, count: number): void;
  /** The job has ended. */
  finish(job: Job, outcome: Outcome): void;
}

/** One call, in the worker that has taken it. */
export class Job implements CurrentJob {
  readonly server: JobServer;
  readonly sequence: number;
  readonly fn: JobFunction;
  readonly args: unknown[];
  readonly extra: CallExtra;
  /** When it began, in milliseconds. */
  begun = 0;
  /** Its caller has been cancelled, as far as messages have said. */
  asked = false;
  /** Cancels its scope, if it has one. */
  cancel: (() => void) | undefined = undefined;
  /** There is room for more items, if it is a stream. */
  takeCredit: ((count: number) => void) | undefined = undefined;
  /** Takes items of iterable arguments. */
  takeItems: ((argument: number, items: unknown[], end: ItemsEnd) => void) | undefined = undefined;
  /** Progress that has not been sent: the latest. */
  progress: { readonly value: unknown } | undefined = undefined;
  /** When progress was sent last. */
  lastProgress: number = -Infinity;

  constructor(server: JobServer, sequence: number, fn: JobFunction, args: unknown[], extra: CallExtra) {
    this.server = server;
    this.sequence = sequence;
    this.fn = fn;
    this.args = args;
    this.extra = extra;
  }

  isAsked(): boolean {
    return this.asked || this.server.shared?.isAsked(this.sequence) === true;
  }

  report(value: unknown): void {
    if (this.extra.progress === true) this.server.report(this, value);
  }

  ask(): void {
    this.asked = true;
    this.cancel?.();
  }

  /** Whether it needs a task: it can wait, or be asked for more than its value. */
  get needsTask(): boolean {
    const { window, iterables } = this.extra;
    return this.fn.kind !== 'plain' || window !== undefined || iterables !== undefined;
  }

  /** Calls the function: once, or once for each argument. */
  call(): unknown {
    const fn = this.fn.fn!;
    return this.extra.many === true ? this.#callMany(fn) : fn(...this.args);
  }

  #callMany(fn: (argument: unknown) => unknown): unknown {
    const results: unknown[] = [];
    for (const [index, argument] of this.args.entries()) {
      const result = fn(argument);
      // From the first promise on it has to wait.
      if (isThenable(result)) return this.#awaitMany(fn, results, result, index + 1);
      results.push(result);
    }
    return results;
  }

  async #awaitMany(fn: (argument: unknown) => unknown, results: unknown[], first: unknown, next: number) {
    results.push(await first);
    for (const argument of this.args.slice(next)) results.push(await fn(argument));
    return results;
  }
}

/** Whether something has to be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return typeof (value as { then?: unknown }).then === 'function';
  } catch {
    // Awaiting it shows the error.
    return true;
  }
}
