import { listenForShutdown } from '../cancellation/shutdown.ts';
import { shielded } from '../cancellation/timeouts.ts';
import { Nursery } from '../tasks/nursery.ts';
import { openNursery } from '../tasks/open-nursery.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { Portal } from './portal.ts';

/**
 * Opens a portal, runs `body` with it, and waits until the body and all calls and tasks of the portal have ended. A portal is
 * the way into a run for frameworks, pools and emitters, which call back at any time and in any async context.
 *
 * When the body has ended, the portal accepts no new work, and waits for its calls and tasks. Call `portal.drain()` in the body
 * to set a time limit for them. A shutdown of a surrounding scope closes the portal.
 *
 * Leaving it lets other tasks go on, but is not a cancellation point.
 *
 * @returns the body's value; `undefined` when the portal was cancelled before the body had returned.
 * @throws {ExceptionGroup} with the errors of the body and of spawned tasks. The error of a call goes to its caller.
 * @throws {StateError} outside of a run.
 * @example
 * await openPortal(async (portal) => {
 *   const server = http.createServer((request, response) => {
 *     void portal.call(() => answer(request, response), { timeout: 5000 });
 *   });
 *   server.listen(8080);
 *   await sleepForever();
 * });
 */
export async function openPortal<T>(body: (portal: Portal) => T | PromiseLike<T>): Promise<T | undefined> {
  requireFunction('openPortal', body);
  return await openNursery(async (nursery) => {
    const node = Nursery.nodeOf(nursery);
    const portal = Portal.into(node);
    const stopListening = listenForShutdown({ node, shutDown: () => portal.close() });
    try {
      const value = await body(portal);
      // A framework calls back in the async context of the code that started it, which may be the body. Such calls are operations
      // of the body and have to end before it does. Their scopes cancel them, so this wait needs no cancellation.
      if (portal.active > 0) await shielded(() => portal.drain());
      return value;
    } finally {
      stopListening();
      portal.close();
    }
  });
}
