import { channel } from 'node:diagnostics_channel';
import type { CancelCause } from '../errors/cancelled.ts';
import type { Run } from '../running/run-state.ts';
import type { Task } from '../tasks/task.ts';
import type { TaskNode } from '../tasks/task-node.ts';

// What happens in a run is told here, to its instruments and to whoever subscribes to these channels of
// `node:diagnostics_channel`. While nobody listens, that costs a look at two fields, and nothing is built (benchmark
// `spawn-and-join`).
const runStarted = channel('tercet:run:started');
const runEnded = channel('tercet:run:ended');
const spawned = channel('tercet:task:spawned');
const scheduled = channel('tercet:task:scheduled');
const exited = channel('tercet:task:exited');
const cancelled = channel('tercet:scope:cancelled');

export function tellRunStarted(run: Run): void {
  run.instruments?.beforeRun();
  if (runStarted.hasSubscribers) runStarted.publish({ name: run.name });
}

export function tellRunEnded(run: Run): void {
  if (runEnded.hasSubscribers) runEnded.publish({ name: run.name });
}

export function tellSpawned(run: Run, task: Task): void {
  run.instruments?.taskSpawned(task);
  if (spawned.hasSubscribers) spawned.publish({ task });
}

export function tellScheduled(run: Run, task: Task): void {
  run.instruments?.taskScheduled(task);
  if (scheduled.hasSubscribers) scheduled.publish({ task });
}

export function tellExited(run: Run, task: Task): void {
  run.instruments?.taskExited(task);
  if (exited.hasSubscribers) exited.publish({ task });
}

export function tellCancelled(task: TaskNode, { source, reason, sourceTask }: CancelCause): void {
  task.run.instruments?.scopeCancelled(task);
  if (cancelled.hasSubscribers) cancelled.publish({ task, source, reason, sourceTask });
}
