import { currentNode, findNode } from '../frames/frames.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { CancelScope } from './cancel-scope.ts';
import { listenForShutdown, shutdownOf } from './shutdown.ts';
import type { ScopeBody } from './timeouts.ts';

/**
 * Runs `body` until the surrounding scope is shut down: for the part of a program that takes new work, such as the loop of
 * a server that accepts connections. What has been taken goes on elsewhere, and gets the grace of the shutdown to end.
 *
 * Entered in a scope that is shutting down already, the body meets `Cancelled` at its first checkpoint. A `shielded` block
 * in it finishes first.
 *
 * Neither entering nor leaving is a checkpoint.
 *
 * @returns the body's value, or `undefined` when a shutdown has ended it.
 * @throws what the body throws. @throws {StateError} outside of a run.
 * @example
 * await openNursery(async (nursery) => {
 *   await untilShutdown(async () => {
 *     for (;;) nursery.startSoon(handle, await queue.receive());
 *   });
 *   // The nursery waits for the handlers that are still at work.
 * });
 */
export async function untilShutdown<T>(body: ScopeBody<T>): Promise<T | undefined> {
  requireFunction('untilShutdown', body);
  const scope = new CancelScope();
  const node = CancelScope.nodeOf(scope);
  const cause = shutdownOf(currentNode('untilShutdown()'));
  if (cause !== undefined) node.cancelFor(cause);
  let stopListening: (() => void) | undefined;
  try {
    return await scope.run((entered) => {
      stopListening = listenForShutdown({ node, shutDown: (why) => node.cancelFor(why) });
      return body(entered);
    });
  } finally {
    stopListening?.();
  }
}

/**
 * Whether the calling code is to come to its end, because a scope around it has been shut down: below the nearest shield, as
 * for cancellation. Synchronous, and not a checkpoint. False outside of a run.
 *
 * @example
 * while (!isShuttingDown()) await importNextFile();
 */
export function isShuttingDown(): boolean {
  const node = findNode();
  return node !== undefined && shutdownOf(node) !== undefined;
}
