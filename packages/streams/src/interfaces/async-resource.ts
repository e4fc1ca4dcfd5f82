/** A resource that has to be closed, which may take time. `await using` closes it at the end of its block. */
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
