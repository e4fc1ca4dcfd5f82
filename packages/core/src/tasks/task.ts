import type { Nursery } from './nursery.ts';
import type { TaskNode } from './task-node.ts';

/**
 * A task, as primitives and tools see it.
 *
 * @example
 * await openNursery(
 *   (nursery) => void nursery.startSoon(() => Promise.reject(new Error('no answer'))),
 *   { onError: (error, task: Task) => console.error(`task ${task.name}#${task.id} is ${task.state}`, error) },
 * );
 */
export interface Task {
  readonly name: string;
  /** Unique within its run. Ids count up in the order in which tasks are spawned. */
  readonly id: number;
  /** The nursery in which it lives; `undefined` for the root task of a run. */
  readonly parentNursery: Nursery | undefined;
  /** The nursery to which `started()` will move it; `undefined` unless `nursery.start` is starting it. */
  readonly eventualParentNursery: Nursery | undefined;
  /** The nurseries that it has open, outer ones first. */
  readonly childNurseries: readonly Nursery[];
  /** The operation in which it waits; `undefined` while it runs, or awaits a promise that is not Tercet's. */
  readonly waitingFor: string | undefined;
  readonly state: TaskState;
  /** Number of cancellation points that it has passed, for tests of primitives. */
  readonly cancelPoints: number;
  /** Number of schedule points that it has passed, at which other tasks could go on: for tests of primitives. */
  readonly schedulePoints: number;
}

/** For `value instanceof Task`. Only nurseries make tasks. */
export const Task: { [Symbol.hasInstance](value: unknown): value is Task } = {
  [Symbol.hasInstance](value: unknown): value is Task {
    return typeof value === 'object' && value !== null && (value as Partial<TaskNode>).kind === 'task';
  },
};

/**
 * The state of a task. It is `'running'` from its spawn until it has ended: with a value, with an error, or by a cancellation.
 *
 * @example
 * const signs: Record<TaskState, string> = { running: '~', done: '✓', failed: '✗', cancelled: '–' };
 * await openNursery((nursery) => {
 *   const task = nursery.startSoon(() => sleep(5));
 *   console.log(signs[task.state], task.name);
 * });
 */
export type TaskState = 'running' | 'done' | 'failed' | 'cancelled';
