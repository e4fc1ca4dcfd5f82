import type { AsyncResource } from './async-resource.ts';
import type { Stream } from './stream.ts';

/**
 * Accepts connections.
 *
 * @example
 * async function serve(listener: Listener, handle: (stream: Stream) => Promise<void>): Promise<void> {
 *   await openNursery(async (nursery) => {
 *     for (;;) {
 *       const stream = await listener.accept();
 *       nursery.startSoon(async () => {
 *         await using connection = stream;
 *         await handle(connection);
 *       });
 *     }
 *   });
 * }
 */
export interface Listener<S extends Stream = Stream> extends AsyncResource {
  /**
   * Waits for the next connection. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled. No connection is lost.
   * @throws {ClosedResourceError} when the listener is closed, or another task closes it meanwhile.
   */
  accept(): Promise<S>;
}
