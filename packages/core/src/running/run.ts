import { absorb } from '../errors/absorb.ts';
import { followSignal, requireSignal } from '../cancellation/abort-signals.ts';
import type { CancelCause } from '../errors/cancelled.ts';
import { EXITED, isCancelled, makeCancelled } from '../errors/cancelled.ts';
import { ExceptionGroup } from '../errors/exception-group.ts';
import { InternalError, StateError } from '../errors/tercet-error.ts';
import { reportRunEnded, reportRunStarted } from '../probes/events.ts';
import { loadObserving } from '../probes/load-observing.ts';
import type { Scheduler } from '../ordering/scheduler.ts';
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

/**
 * How a run is set up.
 *
 * @example
 * import { setTimeout } from 'node:timers/promises';
 *
 * const controller = new AbortController();
 * await run(() => abandonable(setTimeout(10)), {
 *   name: 'import', // as the task tree shows it
 *   signal: controller.signal, // aborting it cancels the run
 * });
 */
export interface RunOptions {
  /** A name for the task tree; by default that of the main function. */
  readonly name?: string;
  /** The clock of the run; by default that of the system. */
  readonly clock?: Clock;
  /** Instruments that watch the run from its beginning. */
  readonly instruments?: readonly Instrument[];
  /** Cancels the run when it aborts. */
  readonly signal?: AbortSignal;
  /**
   * Draws the order of the run from this number, a safe integer: among steps that are ready at the same time, which task goes
   * next, starts or is woken first, and which of several deadlines with the same instant expires first. The same seed gives
   * the same order on every runtime, if the program is otherwise deterministic. The jitter of `retry` comes from it, too.
   *
   * For tests: it takes several times as long as without. `explore` of `@tercet/testing` tries many seeds.
   */
  readonly seed?: number;
  /** Decides the order in place of a seed: for tools. */
  readonly scheduler?: Scheduler;
}

/**
 * Runs `main`, and waits until it and everything that it has started have ended.
 *
 * The other functions of Tercet are called inside a run. A process may have several runs side by side. A run inside a run is an
 * error; use `openNursery` there.
 *
 * @returns the value of `main`.
 * @throws the error of `main`, as it is.
 * @throws {Cancelled} when `options.signal` has aborted and that ended `main`.
 * @throws {InternalError} when a system task or a callback of `RunToken.runSoon` failed.
 * @throws {DeadlockError} when nothing can ever wake the run again, so that the process would end.
 * @throws {StateError} inside another run.
 * @throws {RangeError} when `options.seed` is not a safe integer.
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
    // Code whose task has ended, such as a callback of a connection that a request has opened, counts as outside of the run.
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
  const { instruments = [], seed, scheduler } = options;
  const isOrdered = seed !== undefined || scheduler !== undefined;
  const order = isOrdered ? (await loadObserving()).orderFrom(options) : undefined;
  const state = new Run(options.name ?? (nameOf(main) || 'run'), options.clock ?? new SystemClock(), order);
  if (instruments.length > 0 || state.clock.idle !== undefined) (await loadObserving()).observe(state, instruments);
  state.instruments?.notify('beforeRun');
  reportRunStarted(state);
  state.root = new TaskNode(state, undefined, root, [], currentLocalsHolder().locals);
  try {
    return await frames.run(state.root, live, state, main, options.signal);
  } finally {
    const reportToInstruments = state.instruments?.takeStock();
    state.finish();
    reportToInstruments?.();
    reportRunEnded(state);
  }
}

// A property, whose name stays when a bundler renames functions: it is that of the task.
const { root } = { root: () => undefined };

// Three nurseries, one inside the other, closed from the inside out:
//
//     root task ─ outer nursery ─ system nursery ─ main nursery ─ task main
//                 │               └ system tasks: cancelled when main has ended
//                 └ the last callbacks of runSoon
async function live<T>(run: Run, main: () => T | PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  const outer = (run.outerNursery = new NurseryNode(run.root));
  const system = (run.systemNursery = new NurseryNode(outer));
  const mainNursery = new NurseryNode(system);
  run.clock.start?.({ idleThresholdChanged: () => run.idleWatch?.changed() });
  // Follows the signal before main exists: if listening to it fails, no task is left behind.
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
    // Closed first, then called once: a callback that queues itself again is refused, and cannot keep the run alive.
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

/** The result of `run`: the value of main, or its error without the `Cancelled` of the run itself. */
function outcomeOf(run: Run, task: TaskNode): unknown {
  if (task.state === 'done') return task.outcome;
  if (run.deadlock !== undefined) throw run.deadlock(task.outcome);
  const { remains, error } = absorb(task.outcome);
  if (remains) throw error;
  throw isCancelled(task.outcome) || task.cause === undefined || task.cause === EXITED
    ? task.outcome
    : makeCancelled(task.cause);
}

/** The errors of system tasks and callbacks. A `Cancelled` due to the end of the run does not count. */
function systemFailure({ systemNursery, outerNursery }: Run): InternalError | undefined {
  const failures = [systemNursery, outerNursery].flatMap((nursery) => nursery.failure ?? []);
  if (failures.length === 0) return undefined;
  const { remains, error } = absorb(ExceptionGroup.listing(() => 'system tasks failed', failures));
  return remains
    ? new InternalError('a system task, or a callback of runSoon(), has failed', { cause: error })
    : undefined;
}
