import { warn } from '../platform/platform.ts';
import type { TaskNode } from '../tasks/task-node.ts';

/** Names the task that catches `Cancelled` again and again, and what it has been cancelled by. */
export function warnOfSwallowing({ name, id }: TaskNode, times: number, cause: string | undefined): void {
  warn(
    `task ${name}#${id} has caught Cancelled ${times} times and goes on in a cancelled scope (${cause}); ` +
      'let Cancelled pass: throw it on, or use rethrowIfCancelled()',
    'TercetSwallowedCancellation',
  );
}
