/**
 * For authors of primitives: the parts of which locks, channels, streams and tools are made.
 *
 * @packageDocumentation
 */

// Waiting, and the two halves of a checkpoint.
export { suspend } from './waiting/suspend.ts';
export type { Abort } from './waiting/suspend.ts';
export type { AbortOutcome, Description, Waker } from './waiting/wait.ts';
export { currentCaller } from './waiting/caller.ts';
export type { Caller } from './waiting/caller.ts';
export { WaitQueue } from './waiting/wait-queue.ts';
export type { Waiter } from './waiting/wait-queue.ts';
export { BreakableQueue } from './waiting/breakable-queue.ts';
export { ParkingLot } from './waiting/parking-lot.ts';
export {
  cancelShieldedCheckpoint,
  checkpointIfCancelled,
  ready,
  rejected,
  rejectIfCancelled,
} from './waiting/checkpoint.ts';
export { waitForOne } from './waiting/selectable.ts';
export type { SelectedCase, Selectable, Slot } from './waiting/selectable.ts';
export { errorOfEvent, listeningTo } from './foreign/emitters.ts';
export type { Listening } from './foreign/emitters.ts';
export { nameForeignCancelled } from './foreign/foreign-cancelled.ts';

// The run around the calling code, its tasks, and the way into it from outside.
export { currentClock, currentRootTask, currentTask, inRun, inTask } from './running/in-run.ts';
export { Task } from './tasks/task.ts';
export type { TaskState } from './tasks/task.ts';
export { offTaskExit, onTaskExit } from './waiting/task-exit.ts';
export type { ExitHook } from './waiting/task-exit.ts';
export { spawnSystemTask } from './running/system-task.ts';
export type { Scheduler, Step } from './ordering/scheduler.ts';
export { seededRandom } from './ordering/seeded-random.ts';
export { currentRunToken, RunToken } from './running/run-token.ts';
export { RunVar } from './running/run-var.ts';
export type { RunVarToken } from './running/run-var.ts';
export { TreeVar } from './running/tree-var.ts';
export { outside as runOutside } from './frames/frames.ts';
export { cancelScopeAs } from './cancellation/cancel-scope-as.ts';

// Clocks, and tools that watch a run.
export type { Clock, ClockHost, Idleness } from './time/clock.ts';
export { SystemClock } from './time/clock.ts';
export { waitAllTasksBlocked } from './observing/idle-watch.ts';
export { addInstrument, removeInstrument } from './observing/observe.ts';
export type { Instrument } from './observing/instruments.ts';
export { currentStatistics } from './observing/statistics.ts';
export type { RunStatistics } from './observing/statistics.ts';
export { formatTaskTree, taskTree } from './observing/task-tree.ts';
export type { TaskTreeNode, WaitDescription } from './observing/task-tree.ts';

// Task-local values, as `@tercet/context` needs them.
export { currentLocalsHolder } from './frames/frames.ts';
export type { LocalsHolder } from './frames/frames.ts';
export { currentLocals, runWithLocals, setCurrentLocals } from './frames/locals.ts';

// Arguments and texts: not primitives, but what makes a primitive look and fail as those of Tercet do.
export { toMilliseconds } from './time/duration.ts';
export { inspectAs } from './platform/platform.ts';
export { describeError, isError } from './errors/is-error.ts';
