import { currentNode } from '../frames/frames.ts';
import type { Run } from '../running/run-state.ts';

/**
 * Numbers about a run.
 *
 * @example
 * const { tasksLiving, operationsWaiting, timeToNextDeadline }: RunStatistics = currentStatistics();
 * console.log(`${tasksLiving} tasks, ${operationsWaiting} of them wait, the next for ${timeToNextDeadline} ms at most`);
 */
export interface RunStatistics {
  /** Tasks that have not ended, including the root task. */
  readonly tasksLiving: number;
  /** Those of them that do not wait in an operation of Tercet. */
  readonly tasksRunnable: number;
  /** Operations of Tercet that wait; a task may have several. */
  readonly operationsWaiting: number;
  /** Deadlines of scopes and sleeps that have not come. */
  readonly deadlines: number;
  /** Milliseconds until the next deadline; Infinity when there is none, negative when it has passed. */
  readonly timeToNextDeadline: number;
  /** Callbacks of `runSoon` that have not been called yet. */
  readonly runSoonQueueSize: number;
  /** Operations that keep the process alive while they wait, such as `sleepForever()`. */
  readonly processHolders: number;
}

/**
 * Numbers about this run. @throws {StateError} outside of a run.
 *
 * @example
 * console.log(currentStatistics());
 */
export function currentStatistics(): RunStatistics {
  return statisticsOf(currentNode('currentStatistics()').run);
}

export function statisticsOf(run: Run): RunStatistics {
  return {
    tasksLiving: run.living,
    tasksRunnable: run.living - run.blocked,
    operationsWaiting: run.waits,
    deadlines: run.deadlines.size,
    timeToNextDeadline: run.deadlines.next - run.clock.now(),
    runSoonQueueSize: run.token?.size ?? 0,
    processHolders: run.keepAlive.holders,
  };
}
