import type { Done, PoolJob } from '../pool/in-pool.ts';

/** One call of a function of Node's, in both of its forms. */
interface Call {
  readonly sync: () => unknown;
  readonly start: (done: Done<unknown>) => void;
}

/** A place at which the work may be given up: what has been done stays, and nothing is open but what `finally` closes. */
const REST = 'rest';

/**
 * Work on the disk in several steps, written down once as a generator: it yields each call and is resumed with its result
 * or its error. So one algorithm serves the thread pool and the blocking methods alike, and `finally` closes what is open
 * however it ends.
 */
export type Steps<T> = Generator<Call | typeof REST, T, unknown>;

/** Makes one step of a function of Node's that exists in both forms. */
export function* step<T>(sync: () => T, start: (done: Done<T>) => void): Steps<T> {
  return (yield { sync, start: start as Call['start'] }) as T;
}

/** Here the work may be given up, if its scope has been cancelled. */
export function* rest(): Steps<void> {
  yield REST;
}

/** Does the work at once, blocking. */
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
 * Does the work in the thread pool, one call after the other.
 *
 * @param job the work is given up at its next rest once this has been cancelled; without one it is carried through.
 */
export function perform<T>(steps: Steps<T>, done: Done<T>, job?: PoolJob): void {
  let givenUp = false;
  const advance = (resume: () => IteratorResult<Call | typeof REST, T>): void => {
    try {
      let next = resume();
      while (next.done !== true && next.value === REST) {
        givenUp = job?.cancelled === true;
        next = givenUp ? steps.return(undefined as T) : steps.next();
      }
      if (next.done !== true) return (next.value as Call).start(onResult);
      if (givenUp) return job?.raise();
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
