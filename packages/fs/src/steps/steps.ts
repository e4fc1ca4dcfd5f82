import type { Done, PoolJob } from '../pool/in-pool.ts';

/** A call of a function of node:fs, in both of its forms. */
interface Call {
  readonly sync: () => unknown;
  readonly start: (done: Done<unknown>) => void;
}

/** Yielded where the work may stop if it is cancelled. Completed work is kept; `finally` blocks close open files. */
const REST = 'rest';

/**
 * An algorithm on the disk in several steps, written once as a generator. It yields each call, and is resumed with its result
 * or its error. So one algorithm serves both the thread pool and the blocking methods, and `finally` closes open files
 * however it ends. Also known as a coroutine.
 */
export type Steps<T> = Generator<Call | typeof REST, T, unknown>;

/** Makes a step of both forms of a function of node:fs. */
export function* step<T>(sync: () => T, start: (done: Done<T>) => void): Steps<T> {
  return (yield { sync, start: start as Call['start'] }) as T;
}

/** A step that does nothing, at which the work stops if its scope has been cancelled. */
export function* rest(): Steps<void> {
  yield REST;
}

/** Runs all steps synchronously, blocking the process. */
export function performSync<T>(steps: Steps<T>): T {
  let next = steps.next();
  while (next.done !== true) next = next.value === REST ? steps.next() : answer(steps, next.value.sync);
  return next.value;
}

function answer<T>(steps: Steps<T>, call: () => unknown): IteratorResult<Call | typeof REST, T> {
  let value: unknown;
  try {
    value = call();
  } catch (error) {
    return steps.throw(error);
  }
  return steps.next(value);
}

/**
 * Runs the steps in the thread pool, one call after the other.
 *
 * @param job if this is cancelled, the work stops at its next rest. Without a job it always runs to the end.
 */
export function perform<T>(steps: Steps<T>, done: Done<T>, job?: PoolJob): void {
  let stopped = false;
  const advance = (resume: () => IteratorResult<Call | typeof REST, T>): void => {
    try {
      let next = resume();
      while (next.done !== true && next.value === REST) {
        stopped = job?.cancelled === true;
        next = stopped ? steps.return(undefined as T) : steps.next();
      }
      if (next.done !== true) return (next.value as Call).start(onResult);
      if (stopped) return job?.raise();
      return done(null, next.value);
    } catch (error) {
      done(error as Error);
    }
  };
  const onResult: Done<unknown> = (error, value) => {
    advance(error ? () => steps.throw(error) : () => steps.next(value));
  };
  advance(() => steps.next());
}
