import { CancelScope, isCancelled, rethrowIfCancelled, StateError } from '@tercet/core';
import { describeError, formatTaskTree, inTask, taskTree } from '@tercet/core/lowlevel';
import { closeForcefully } from '@tercet/streams';
import type { AsyncResource } from '@tercet/streams';
import { CheckFailedError } from '../assertions/check-failed-error.ts';
import { clearTimeout, setTimeout } from '../platform/real-timers.ts';
import { leavesOf } from './leaves-of.ts';

/**
 * Makes two new streams that are connected: bytes sent on the first are received from the second.
 *
 * @example
 * const make: MakeStreamPair<Stream, Stream> = () => memoryStreamPair(); // a new pair for each clause
 * await checkTwoWayStream(make);
 */
export type MakeStreamPair<S extends AsyncResource, R extends AsyncResource> = () =>
  readonly [S, R] | PromiseLike<readonly [S, R]>;

/**
 * Makes the streams with which a contract is checked.
 *
 * @example
 * const makers: StreamMakers<SendStream, ReceiveStream> = {
 *   make: lockstepStreamOneWayPair,
 *   timeout: 10_000,
 * };
 * await oneWayStreamClauses[0]!.check(makers);
 */
export interface StreamMakers<S extends AsyncResource, R extends AsyncResource> {
  readonly make: MakeStreamPair<S, R>;
  /** Makes a pair whose first stream is full, so that it cannot send before the second one receives. */
  readonly makeClogged?: MakeStreamPair<S, R> | undefined;
  /** The longest time that a clause may take, in real milliseconds, before it counts as hanging. 3000 by default. */
  readonly timeout?: number | undefined;
}

/**
 * One promise of a stream contract.
 *
 * @example
 * const makers = { make: memoryStreamPair };
 * for (const clause of twoWayStreamClauses as readonly StreamClause<Stream, Stream>[]) {
 *   console.log(clause.title); // one test each, in a test runner: it(title, testRun(() => check(makers)))
 *   if (!clause.needsClogged) await clause.check(makers);
 * }
 */
export interface StreamClause<S extends AsyncResource, R extends AsyncResource> {
  /** The promise in words, beginning with its id: a title for a test. */
  readonly title: string;
  /** Whether checking it needs `makeClogged`. Without `makeClogged`, `check` does nothing. */
  readonly needsClogged: boolean;
  /** The check itself, for two streams that the caller makes and closes. */
  readonly body: (sender: S, receiver: R) => Promise<void>;
  /**
   * Makes a new pair of streams, checks the promise with them, and closes them. It has to be called in a run.
   *
   * @throws {CheckFailedError} when the promise is broken. The text begins with the title, and `cause` is the error.
   */
  readonly check: (makers: StreamMakers<S, R>) => Promise<void>;
}

const DEFAULT_TIMEOUT = 3000;

/** Makes a clause that is checked with a pair of connected streams. */
export function clause<S extends AsyncResource, R extends AsyncResource>(
  title: string,
  body: (sender: S, receiver: R) => Promise<void>,
): StreamClause<S, R> {
  return {
    title,
    needsClogged: false,
    body,
    check: ({ make, timeout }) => checkClause(title, timeout, () => withPair(make, body)),
  };
}

/** Makes a clause that is checked with a pair whose sender is full. */
export function cloggedClause<S extends AsyncResource, R extends AsyncResource>(
  title: string,
  body: (sender: S, receiver: R) => Promise<void>,
): StreamClause<S, R> {
  return {
    title,
    needsClogged: true,
    body,
    async check({ makeClogged, timeout }) {
      if (makeClogged !== undefined) await checkClause(title, timeout, () => withPair(makeClogged, body));
    },
  };
}

/** Makes a clause of another one, with a longer title and an adapted body. */
export function adaptClause<S extends AsyncResource, R extends AsyncResource, T extends AsyncResource>(
  inner: StreamClause<S, R>,
  prefix: string,
  adapt: (body: StreamClause<S, R>['body']) => StreamClause<T, T>['body'],
): StreamClause<T, T> {
  const make = inner.needsClogged ? cloggedClause : clause;
  return make(`${prefix}: ${inner.title}`, adapt(inner.body));
}

/** Checks one clause after the other, each with new streams, up to the first that is broken. */
export async function checkClauses<S extends AsyncResource, R extends AsyncResource>(
  clauses: readonly StreamClause<S, R>[],
  makers: StreamMakers<S, R>,
): Promise<void> {
  for (const each of clauses) await each.check(makers);
}

async function withPair<S extends AsyncResource, R extends AsyncResource>(
  make: MakeStreamPair<S, R>,
  body: (sender: S, receiver: R) => Promise<void>,
): Promise<void> {
  const [sender, receiver] = await make();
  try {
    await body(sender, receiver);
  } finally {
    try {
      await closeForcefully(sender);
    } finally {
      await closeForcefully(receiver);
    }
  }
}

// The limit is in real time, because the virtual clock of a test jumps to a deadline while sockets are still at work.
async function checkClause(title: string, timeout = DEFAULT_TIMEOUT, body: () => Promise<void>): Promise<void> {
  if (!inTask()) throw new StateError(`${title}: a stream contract has to be checked in run() or testRun()`);
  const scope = new CancelScope();
  let tree: string | undefined;
  const timer = setTimeout(() => {
    tree = formatTaskTree(taskTree());
    scope.cancel(`${title}: it has not ended after ${timeout} ms`);
  }, timeout);
  let cause: unknown;
  try {
    await scope.run(body);
    if (tree === undefined) return;
  } catch (error) {
    if (tree === undefined) rethrowIfCancelled(error);
    cause = error;
  } finally {
    clearTimeout(timer);
  }
  const leaves = leavesOf(cause);
  const why =
    tree === undefined
      ? describeError(leaves.find((leaf) => !isCancelled(leaf)) ?? leaves[0])
      : `it hangs: it has not ended after ${timeout} ms of real time\n${tree}`;
  throw new CheckFailedError(`${title}: broken, because ${why}`, { cause });
}
