import { channel } from 'node:diagnostics_channel';
import type { CancelCause } from '../errors/cancelled.ts';
import type { Run } from '../running/run-state.ts';
import type { TaskNode } from '../tasks/task-node.ts';
import type { TaskHook } from '../observing/instruments.ts';

// Reports the events of a run to its instruments, and to the subscribers of these channels of `node:diagnostics_channel`.
// Without any, an event costs two reads of fields, and nothing is allocated (benchmark `spawn-and-join`).
export const reportRunStarted: (run: Run) => void = reporterOfRuns('started');
export const reportRunEnded: (run: Run) => void = reporterOfRuns('ended');
export const reportSpawned: (task: TaskNode) => void = reporterOfTasks('taskSpawned', 'task:spawned');
export const reportScheduled: (task: TaskNode) => void = reporterOfTasks('taskScheduled', 'task:scheduled');
export const reportExited: (task: TaskNode) => void = reporterOfTasks('taskExited', 'task:exited');
export const reportCancelled: (task: TaskNode, cause: CancelCause) => void = reporterOfTasks(
  'scopeCancelled',
  'scope:cancelled',
);

function reporterOfRuns(event: string): (run: Run) => void {
  const topic = channel(`tercet:run:${event}`);
  return ({ name }) => {
    if (topic.hasSubscribers) topic.publish({ name });
  };
}

function reporterOfTasks(hook: TaskHook, event: string): (task: TaskNode, cause?: CancelCause) => void {
  const topic = channel(`tercet:${event}`);
  return (task, cause) => {
    task.run.instruments?.notify(hook, task);
    if (topic.hasSubscribers) topic.publish(Object.assign({ task }, cause));
  };
}
