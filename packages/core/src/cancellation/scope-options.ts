import type { Duration } from '../time/duration.ts';

/** How a `CancelScope` begins. */
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

/** For `CancelScope.shutdown`. */
export interface ShutdownOptions {
  /** How long the work in the scope may take to end: milliseconds, or `{ seconds: 10 }`. */
  readonly grace?: Duration;
  /** A text for people. */
  readonly reason?: string;
}
