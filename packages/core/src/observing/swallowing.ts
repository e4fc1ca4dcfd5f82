import { warn } from '../platform/platform.ts';
import type { TaskNode } from '../tasks/task-node.ts';

/** Warns about a task that catches `Cancelled` again and again, and names the cause of its cancellation. */
export function warnOfSwallowing({ name, id }: TaskNode, times: number, cause: string | undefined): void {
  warn(
    `task ${name}#${id} has caught Cancelled ${times} times and goes on in a cancelled scope (${cause}); ` +
      'rethrow Cancelled, for instance with rethrowIfCancelled()',
    'TercetSwallowedCancellation',
  );
}
