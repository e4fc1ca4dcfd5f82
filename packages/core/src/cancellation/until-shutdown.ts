import { currentNode, findNode } from '../frames/frames.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { CancelScope } from './cancel-scope.ts';
import { listenForShutdown, shutdownOf } from './shutdown.ts';
import type { ScopeBody } from './timeouts.ts';

/**
 * Runs `body` until the surrounding scope is shut down. Use it for the part of a program that takes new work, such as the
 * accept loop of a server. Work that has been accepted goes on in other tasks until the grace period ends.
 *
 * If the surrounding scope is shutting down already, the first checkpoint of the body throws `Cancelled`. A `shielded` block
 * in the body finishes first.
 *
 * Neither entering nor leaving is a checkpoint.
 *
 * @returns the body's value, or `undefined` when a shutdown ended it.
 * @throws the error of the body. @throws {StateError} outside of a run.
 * @example
 * await openNursery(async (nursery) => {
 *   await untilShutdown(async () => {
 *     for (;;) nursery.startSoon(handle, await queue.receive());
 *   });
 *   // The nursery waits for the handlers that are still running.
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
 * Whether a scope around the calling code has been shut down, so that the code should finish soon. A shield hides a shutdown
 * as it hides a cancellation. Synchronous, and not a checkpoint. False outside of a run.
 *
 * @example
 * while (!isShuttingDown()) await importNextFile();
 */
export function isShuttingDown(): boolean {
  const node = findNode();
  return node !== undefined && shutdownOf(node) !== undefined;
}
