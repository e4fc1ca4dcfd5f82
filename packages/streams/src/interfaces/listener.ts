import type { AsyncResource } from './async-resource.ts';
import type { Stream } from './stream.ts';

/** Where connections come in. */
export interface Listener<S extends Stream = Stream> extends AsyncResource {
  /**
   * Waits for the next connection. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; no connection is lost then.
   * @throws {ClosedResourceError} when the listener is closed, or gets closed meanwhile.
   */
  accept(): Promise<S>;
}
