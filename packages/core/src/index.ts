/**
 * Structured concurrency on native async/await: runs, nurseries, cancel scopes, timeouts, errors.
 *
 * @packageDocumentation
 */

export { run } from './running/run.ts';
export type { RunOptions } from './running/run.ts';
export type { Clock, ClockHost, Idleness } from './time/clock.ts';
export type { Instrument } from './observing/instruments.ts';
export type { RunStatistics } from './observing/statistics.ts';

export { currentTime, sleep, sleepForever, sleepUntil } from './waiting/sleep.ts';
export { every } from './waiting/every.ts';
export type { EveryOptions } from './waiting/every.ts';
export { after } from './waiting/after.ts';
export type { Selectable } from './waiting/selectable.ts';
export type { Duration, DurationFields } from './time/duration.ts';
export { checkpoint } from './waiting/checkpoint.ts';

export { CancelScope } from './cancellation/cancel-scope.ts';
export type { CancelScopeOptions, ShutdownOptions } from './cancellation/scope-options.ts';
export {
  currentEffectiveDeadline,
  failAfter,
  failAt,
  moveOnAfter,
  moveOnAt,
  shielded,
} from './cancellation/timeouts.ts';
export { isShuttingDown, untilShutdown } from './cancellation/until-shutdown.ts';
export type { ScopeBody, TimeoutOptions } from './cancellation/timeouts.ts';
export { isOnlyCancelled } from './errors/absorb.ts';
export { rethrowIfCancelled } from './cancellation/rethrow-if-cancelled.ts';

export { openNursery } from './tasks/open-nursery.ts';
export type { NurseryOptions } from './tasks/open-nursery.ts';
export { Nursery } from './tasks/nursery.ts';
export { TASK_STATUS_IGNORED } from './tasks/start.ts';
export type { TaskStatus } from './tasks/start.ts';
export type { TaskHandle } from './tasks/task-handle.ts';
export type { Task, TaskState } from './tasks/task.ts';
export { named } from './tasks/named.ts';

export { all } from './combinators/all.ts';
export type { Results } from './combinators/all.ts';
export { race } from './combinators/race.ts';
export { any } from './combinators/any.ts';
export { retry } from './combinators/retry.ts';
export type { RetryOptions } from './combinators/retry.ts';
export { mapConcurrent } from './combinators/map-concurrent.ts';

export { openPortal } from './portals/open-portal.ts';
export { Portal } from './portals/portal.ts';
export type { PortalCallOptions } from './portals/portal.ts';

export { once } from './bridges/once.ts';
export type { EmitterLike, EventTargetLike } from './foreign/emitters.ts';
export { abortable } from './bridges/abortable.ts';
export { abandonable } from './bridges/abandonable.ts';

export { Cancelled, isCancelled } from './errors/cancelled.ts';
export type { CancelSource } from './errors/cancelled.ts';
export { ExceptionGroup } from './errors/exception-group.ts';
export type { ErrorMatch, GroupMembers, Matched } from './errors/exception-group.ts';
export { handleGroup } from './combinators/handle-group.ts';
export type { GroupClauses } from './combinators/handle-group.ts';
export type { PlainError } from './errors/plain-error.ts';
export { soleError } from './errors/sole-error.ts';
export {
  BrokenResourceError,
  BusyResourceError,
  ClosedResourceError,
  DeadlockError,
  EndOfChannel,
  InternalError,
  RunFinishedError,
  StateError,
  TaskFailedError,
  TercetError,
  TooSlowError,
  UnawaitedError,
  WouldBlock,
} from './errors/tercet-error.ts';
