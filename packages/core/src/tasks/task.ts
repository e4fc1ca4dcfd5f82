import type { Nursery } from './nursery.ts';
import type { TaskNode } from './task-node.ts';

/** A task, as primitives and tools see it. */
export interface Task {
  readonly name: string;
  /** Unique within its run; counts up in the order in which tasks were spawned. */
  readonly id: number;
  /** The nursery it lives in; `undefined` for the root task of a run. */
  readonly parentNursery: Nursery | undefined;
  /** The nursery it will move to when it calls `started()`; `undefined` when it is not being started. */
  readonly eventualParentNursery: Nursery | undefined;
  /** The nurseries it has open, outer ones first. */
  readonly childNurseries: readonly Nursery[];
  /** What it is waiting for; `undefined` while it is running, or waits for something that is not Tercet's. */
  readonly waitingFor: string | undefined;
  readonly state: TaskState;
  /** How many points of cancellation it has passed, for tests of primitives. */
  readonly cancelPoints: number;
  /** How many points at which others could go on it has passed, for tests of primitives. */
  readonly schedulePoints: number;
}

/** `value instanceof Task`. Tasks are made by nurseries only. */
export const Task: { [Symbol.hasInstance](value: unknown): value is Task } = {
  [Symbol.hasInstance](value: unknown): value is Task {
    return typeof value === 'object' && value !== null && (value as Partial<TaskNode>).kind === 'task';
  },
};

export type TaskState = 'running' | 'done' | 'failed' | 'cancelled';
