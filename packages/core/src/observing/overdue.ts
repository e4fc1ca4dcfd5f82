import type { CancelNode } from '../cancellation/cancel-node.ts';
import { userLineOf } from '../errors/user-line.ts';
import { warn } from '../platform/platform.ts';
import type { TaskNode } from '../tasks/task-node.ts';
import { siteOf } from '../probes/sites.ts';
import { childrenOf } from '../cancellation/child-list.ts';

/** Number of nodes that are searched at most, so that a large tree does not block the program. */
const MOST = 1000;

/**
 * Warns about a node that was cancelled long ago if its code awaits a foreign promise, which no cancellation reaches.
 *
 * @returns whether it has warned.
 */
export function warnOfOverdue(node: CancelNode): boolean {
  const task = node.exited ? undefined : findWaitingForForeign(node);
  if (task === undefined) return false;
  const line = userLineOf(siteOf(task === node.task ? node : task));
  const where = line === undefined ? '; with TERCET_DEBUG=1 this shows where that began' : `; that began at ${line}`;
  warn(
    `${describe(node)} was cancelled more than 5 s ago (${node.cause?.text}), and task ` +
      `${task.name}#${task.id} still waits there for something that is not Tercet's and hears nothing of it${where}. ` +
      'Give it a signal with abortable(), or leave it behind with abandonable()',
    'TercetOverdueCancellation',
  );
  return true;
}

function describe({ kind, task }: CancelNode): string {
  const owner = `task ${task.name}#${task.id}`;
  return kind === 'task' ? owner : `a ${kind} of ${owner}`;
}

/** Finds a task below the node that the cancellation reaches and that does not wait in an operation of ours. */
function findWaitingForForeign(top: CancelNode): TaskNode | undefined {
  const shielded = new Set<TaskNode>();
  const tasks = new Set<TaskNode>([top.task]);
  const pending: CancelNode[] = [top];
  for (let looked = 0; looked < MOST && pending.length > 0; looked++) {
    for (const child of childrenOf(pending.pop()!)) {
      if (!child.effective) shielded.add(child.task);
      else {
        tasks.add(child.task);
        pending.push(child);
      }
    }
  }
  for (const task of tasks) {
    if (task.state === 'running' && task.waitingFor === undefined && !shielded.has(task)) return task;
  }
  return undefined;
}
