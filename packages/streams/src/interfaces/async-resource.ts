/** Something that has to be closed, and whose closing may have to wait: `await using` closes it at the end of its block. */
export interface AsyncResource extends AsyncDisposable {
  /**
   * Closes it, gracefully if it can: what has been sent is delivered first. Doing it again has no effect. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled. It is closed even then, forcefully: without a word to the
   * peer, and without waiting for anything.
   */
  close(): Promise<void>;
}
