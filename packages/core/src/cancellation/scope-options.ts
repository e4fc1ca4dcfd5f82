import type { Duration } from '../time/duration.ts';

/**
 * How a `CancelScope` begins.
 *
 * @example
 * const controller = new AbortController();
 * const scope = new CancelScope({ relativeDeadline: { seconds: 2 }, signal: controller.signal });
 * const answer = await scope.run(async () => {
 *   await sleep(10);
 *   return 42;
 * }); // `undefined` after two seconds, or when the signal aborts
 */
export interface CancelScopeOptions {
  /** The instant of `currentTime()` at which the scope is cancelled, in milliseconds. */
  readonly deadline?: number;
  /** The same, counted from the moment in which the scope is entered: milliseconds, or `{ seconds: 2 }`. */
  readonly relativeDeadline?: Duration;
  /** Whether the scope ignores the cancellation of outer scopes. */
  readonly shield?: boolean;
  /** Cancels the scope when it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * For `CancelScope.shutdown`.
 *
 * @example
 * await openNursery((nursery) => {
 *   nursery.startSoon(() => untilShutdown(() => sleepForever())); // ends at once
 *   nursery.startSoon(() => sleep(10)); // may finish
 *   nursery.cancelScope.shutdown({ grace: { seconds: 5 }, reason: 'the last user has left' });
 * });
 */
export interface ShutdownOptions {
  /** How long the work in the scope may take to end: milliseconds, or `{ seconds: 10 }`. */
  readonly grace?: Duration;
  /** A text for people. */
  readonly reason?: string;
}
