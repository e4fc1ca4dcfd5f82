import { CancelScope, isCancelled, rethrowIfCancelled, StateError } from '@tercet/core';
import { describeError, formatTaskTree, inTask, taskTree } from '@tercet/core/lowlevel';
import { closeForcefully } from '@tercet/streams';
import type { AsyncResource } from '@tercet/streams';
import { CheckFailedError } from '../assertions/check-failed-error.ts';
import { clearTimeout, setTimeout } from '../platform/real-timers.ts';
import { leavesOf } from './leaves-of.ts';

/** Makes two new streams that are connected: what is sent on the first is received from the second. */
export type MakeStreamPair<S extends AsyncResource, R extends AsyncResource> = () =>
  readonly [S, R] | PromiseLike<readonly [S, R]>;

/** Where a contract gets its streams from. */
export interface StreamMakers<S extends AsyncResource, R extends AsyncResource> {
  readonly make: MakeStreamPair<S, R>;
  /** Makes a pair whose first stream is full, so that it cannot send before the second one receives. */
  readonly makeClogged?: MakeStreamPair<S, R> | undefined;
  /** How long a clause may take, in real milliseconds: one that hangs fails after it. 3000 by default. */
  readonly timeout?: number | undefined;
}

/** One promise of a stream contract. */
export interface StreamClause<S extends AsyncResource, R extends AsyncResource> {
  /** The promise in words, its id first: a title for a test. */
  readonly title: string;
  /** Whether it can be checked only with `makeClogged`; without it, it counts as kept. */
  readonly needsClogged: boolean;
  /** The check itself, with two streams that somebody else makes and closes. */
  readonly body: (sender: S, receiver: R) => Promise<void>;
  /**
   * Checks it with a new pair of streams, which are closed in the end. Has to be called inside of a run.
   *
   * @throws {CheckFailedError} when the promise is broken: its text begins with the title, its `cause` is what happened.
   */
  readonly check: (makers: StreamMakers<S, R>) => Promise<void>;
}

const DEFAULT_TIMEOUT = 3000;

/** A clause that is checked with a pair of connected streams. */
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

/** A clause that is checked with a pair whose sender is full. */
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

/** The same clause under another title, with another body made of its own. */
export function adaptClause<S extends AsyncResource, R extends AsyncResource, T extends AsyncResource>(
  inner: StreamClause<S, R>,
  prefix: string,
  adapt: (body: StreamClause<S, R>['body']) => StreamClause<T, T>['body'],
): StreamClause<T, T> {
  const make = inner.needsClogged ? cloggedClause : clause;
  return make(`${prefix}: ${inner.title}`, adapt(inner.body));
}

/** Checks one clause after the other, each with streams of its own, up to the first that is broken. */
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

// The limit is in real time: the virtual clock of a test jumps to a deadline while sockets are still at work.
async function checkClause(title: string, timeout = DEFAULT_TIMEOUT, body: () => Promise<void>): Promise<void> {
  if (!inTask()) throw new StateError(`${title}: a stream contract has to be checked inside of run() or testRun()`);
  const scope = new CancelScope();
  let tree: string | undefined;
  const timer = setTimeout(() => {
    tree = formatTaskTree(taskTree());
    scope.cancel(`${title}: not done after ${timeout} ms`);
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
      : `it hangs, not done after ${timeout} ms of real time\n${tree}`;
  throw new CheckFailedError(`${title}: broken, because ${why}`, { cause });
}
