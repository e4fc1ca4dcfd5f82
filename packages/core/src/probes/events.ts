import { channel } from 'node:diagnostics_channel';
import type { CancelCause } from '../errors/cancelled.ts';
import type { Run } from '../running/run-state.ts';
import type { TaskNode } from '../tasks/task-node.ts';
import type { TaskHook } from '../observing/instruments.ts';

// Reports the events of a run to its instruments, and to the subscribers of these channels of `node:diagnostics_channel`.
// Without any, an event costs two reads of fields, and nothing is allocated (benchmark `spawn-and-join`).
export const tellRunStarted: (run: Run) => void = tellerOfRuns('started');
export const tellRunEnded: (run: Run) => void = tellerOfRuns('ended');
export const tellSpawned: (task: TaskNode) => void = tellerOfTasks('taskSpawned', 'task:spawned');
export const tellScheduled: (task: TaskNode) => void = tellerOfTasks('taskScheduled', 'task:scheduled');
export const tellExited: (task: TaskNode) => void = tellerOfTasks('taskExited', 'task:exited');
export const tellCancelled: (task: TaskNode, cause: CancelCause) => void = tellerOfTasks(
  'scopeCancelled',
  'scope:cancelled',
);

function tellerOfRuns(event: string): (run: Run) => void {
  const topic = channel(`tercet:run:${event}`);
  return ({ name }) => {
    if (topic.hasSubscribers) topic.publish({ name });
  };
}

function tellerOfTasks(hook: TaskHook, event: string): (task: TaskNode, cause?: CancelCause) => void {
  const topic = channel(`tercet:${event}`);
  return (task, cause) => {
    task.run.instruments?.tell(hook, task);
    if (topic.hasSubscribers) topic.publish(Object.assign({ task }, cause));
  };
}
