import { absorb } from '../errors/absorb.ts';
import { followSignal, requireSignal } from '../cancellation/abort-signals.ts';
import type { CancelCause } from '../errors/cancelled.ts';
import { EXITED, isCancelled, makeCancelled } from '../errors/cancelled.ts';
import { ExceptionGroup } from '../errors/exception-group.ts';
import { InternalError, StateError } from '../errors/tercet-error.ts';
import { tellRunEnded, tellRunStarted } from '../probes/events.ts';
import { loadObserving } from '../probes/load-observing.ts';
import type { Instrument } from '../observing/instruments.ts';
import { nameOf } from '../foreign/name-of.ts';
import { NurseryNode } from '../tasks/nursery-node.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { TaskNode } from '../tasks/task-node.ts';
import { SystemClock } from '../time/clock.ts';
import type { Clock } from '../time/clock.ts';
import { rejected } from '../waiting/checkpoint.ts';
import { currentLocalsHolder, findNode, frames } from '../frames/frames.ts';
import { watchForDeadlock } from './deadlock-watch.ts';
import { Run } from './run-state.ts';
import { forgiveStrayCancellations } from './stray-rejections.ts';

/** How a run is set up. */
export interface RunOptions {
  /** A name for the task tree; by default that of the main function. */
  readonly name?: string;
  /** What tells the time; by default the system's clock. */
  readonly clock?: Clock;
  /** Who watches from the beginning. */
  readonly instruments?: readonly Instrument[];
  /** Cancels the run when it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * Runs `main` and everything it starts, and waits until all of that has ended.
 *
 * Every other function of Tercet is called inside. Any number of runs may go on side by side in a process; a run inside
 * a run is an error, since `openNursery` is what is meant.
 *
 * @returns the value of `main`.
 * @throws what `main` throws, as it is.
 * @throws {Cancelled} when `options.signal` has aborted and that ended `main`.
 * @throws {InternalError} when a system task or a callback of `RunToken.runSoon` failed.
 * @throws {DeadlockError} when nothing can ever wake the run again and the process would end.
 * @throws {StateError} inside another run.
 * @example
 * await run(async () => {
 *   await openNursery(async (nursery) => {
 *     nursery.startSoon(serve);
 *     nursery.startSoon(watchFiles);
 *   });
 * });
 */
export function run<T>(main: () => T | PromiseLike<T>, options: RunOptions = {}): Promise<T> {
  try {
    requireFunction('run', main);
    requireSignal(options.signal, 'run()');
    const around = findNode();
    // Code that outlives its task, such as the callback of a connection that a request once opened, is outside again.
    if (around?.task.state === 'running' && !around.run.finished) {
      throw new StateError('run() was called from inside a run; call the function itself, or use openNursery()');
    }
    return begin(main, options);
  } catch (error) {
    return rejected(error);
  }
}

async function begin<T>(main: () => T | PromiseLike<T>, options: RunOptions): Promise<T> {
  forgiveStrayCancellations();
  const state = new Run(options.name ?? (nameOf(main) || 'run'), options.clock ?? new SystemClock());
  const { instruments = [] } = options;
  if (instruments.length > 0 || state.clock.idle !== undefined) (await loadObserving()).observe(state, instruments);
  state.instruments?.tell('beforeRun');
  tellRunStarted(state);
  state.root = new TaskNode(state, undefined, root, [], currentLocalsHolder().locals);
  try {
    return await frames.run(state.root, live, state, main, options.signal);
  } finally {
    const tellInstruments = state.instruments?.takeStock();
    state.finish();
    tellInstruments?.();
    tellRunEnded(state);
  }
}

// A property, whose name stays when a bundler renames functions: it is that of the task.
const { root } = { root: () => undefined };

// Three nurseries, one inside the other: main's, that of the system tasks, which end after main, and the outer one, in
// which the last callbacks run.
async function live<T>(run: Run, main: () => T | PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  const outer = (run.outerNursery = new NurseryNode(run.root));
  const system = (run.systemNursery = new NurseryNode(outer));
  const mainNursery = new NurseryNode(system);
  run.clock.start?.({ idleThresholdChanged: () => run.idleWatch?.changed() });
  // Followed before main exists, so that main is not left behind where listening to the signal fails.
  let task: TaskNode | undefined;
  let early: CancelCause | undefined;
  const cancelMain = (cause: CancelCause): void => (task === undefined ? void (early = cause) : task.cancelFor(cause));
  const stopFollowing = signal === undefined ? undefined : followSignal(signal, { cancelFor: cancelMain });
  task = run.main = mainNursery.spawn(main, []);
  if (early !== undefined) task.cancelFor(early);
  const stopWatching = watchForDeadlock(run);
  try {
    await mainNursery.join();
    run.firstLateTask = run.nextTaskId;
    system.cancelWith('shutdown', 'the main task has ended');
    await system.join();
    // First closed, then called once: a callback that queues itself again is refused, and cannot keep the run from ending.
    run.closed = true;
    run.token?.callQueued();
    await outer.join();
  } finally {
    stopFollowing?.();
    stopWatching();
  }
  const failure = run.failure ?? systemFailure(run);
  if (failure !== undefined) throw failure;
  return outcomeOf(run, task) as T;
}

/** What `run` gives back: the value of main, or its error without the `Cancelled` that came from the run itself. */
function outcomeOf(run: Run, task: TaskNode): unknown {
  if (task.state === 'done') return task.outcome;
  if (run.deadlock !== undefined) throw run.deadlock(task.outcome);
  const { remains, error } = absorb(task.outcome);
  if (remains) throw error;
  throw isCancelled(task.outcome) || task.cause === undefined || task.cause === EXITED
    ? task.outcome
    : makeCancelled(task.cause);
}

/** Errors of system tasks and callbacks; what is only the end of everything does not count. */
function systemFailure({ systemNursery, outerNursery }: Run): InternalError | undefined {
  const failures = [systemNursery, outerNursery].flatMap((nursery) => nursery.failure ?? []);
  if (failures.length === 0) return undefined;
  const { remains, error } = absorb(ExceptionGroup.listing(() => 'system tasks failed', failures));
  return remains
    ? new InternalError('a system task, or a callback of runSoon(), has failed', { cause: error })
    : undefined;
}
