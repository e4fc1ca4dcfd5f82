import { listenForShutdown } from '../cancellation/shutdown.ts';
import { shielded } from '../cancellation/timeouts.ts';
import { Nursery } from '../tasks/nursery.ts';
import { openNursery } from '../tasks/open-nursery.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { Portal } from './portal.ts';

/**
 * Opens a portal, runs `body` with it, and leaves when all calls and tasks that came through it have ended: the way into
 * a run for frameworks, pools and emitters, which call back when they want and in whatever async context they have.
 *
 * The portal takes nothing new once the body has ended. What still runs then is waited for under the surrounding scopes;
 * `portal.drain()`, called in the body, gives it a time limit. A shutdown of a surrounding scope closes the portal.
 *
 * Leaving it lets other tasks go on, but is not a point of cancellation itself.
 *
 * @returns the body's value; `undefined` when the portal's own nursery was cancelled before the body had returned.
 * @throws {ExceptionGroup} with the errors of the body and of what was spawned. Errors of calls go to their callers.
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
      // A framework calls back in the async context of the code that started it, which may be the body: its calls are then
      // operations of the body and have to end before it does. Their scopes cancel them; this wait only follows.
      if (portal.active > 0) await shielded(() => portal.drain());
      return value;
    } finally {
      stopListening();
      portal.close();
    }
  });
}
