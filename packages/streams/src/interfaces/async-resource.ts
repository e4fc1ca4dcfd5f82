/**
 * A resource that has to be closed, which may take time. `await using` closes it at the end of its block.
 *
 * @example
 * class Session implements AsyncResource {
 *   async close(): Promise<void> {
 *     await checkpoint(); // says goodbye, and may be cancelled
 *   }
 *   [Symbol.asyncDispose](): Promise<void> {
 *     return this.close();
 *   }
 * }
 * await using session = new Session();
 */
export interface AsyncResource extends AsyncDisposable {
  /**
   * Closes the resource, gracefully if possible: everything that was sent is delivered first. Closing again has no effect. A
   * checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled. The resource is closed even then, but forcefully: without
   * notifying the peer and without waiting for anything.
   */
  close(): Promise<void>;
}
