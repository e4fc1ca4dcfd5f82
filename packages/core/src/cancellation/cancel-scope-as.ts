import type { CancelSource } from '../errors/cancelled.ts';
import { findNode } from '../frames/frames.ts';
import { CancelScope } from './cancel-scope.ts';

/**
 * Cancels a scope for another cause than a call of `cancel()`: `main` of `@tercet/proc` cancels with `'interrupt'` when the
 * operating system sends a signal.
 *
 * @param reason a text for people, which `Cancelled` shows.
 * @example
 * const scope = new CancelScope();
 * await scope.run(async () => {
 *   cancelScopeAs(scope, 'interrupt', 'SIGINT'); // `Cancelled.source` is 'interrupt'
 *   await sleep(1000);
 * });
 */
export function cancelScopeAs(scope: CancelScope, source: CancelSource, reason?: string): void {
  CancelScope.nodeOf(scope).cancelWith(source, reason, findNode()?.task.name);
}
