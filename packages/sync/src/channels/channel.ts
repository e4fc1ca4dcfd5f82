/**
 * The sending end of a channel: a way to pass objects to other tasks.
 *
 * Types keep to what is sent: a `SendChannel<string | number>` serves as a `SendChannel<string>`, not the other way round.
 */
export interface SendChannel<in T> extends AsyncDisposable {
  /**
   * Sends one item, and waits while there is no room for it. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; then the item has not been sent.
   * @throws {ClosedResourceError} when this end is closed, or gets closed meanwhile.
   * @throws {BrokenResourceError} when all receivers have closed their ends.
   */
  readonly send: (value: T) => Promise<void>;
  /** Closes this end. Closing it again has no effect. */
  close(): void | PromiseLike<void>;
}

/**
 * The receiving end of a channel.
 *
 * As an iterable it gives what `receive` gives, until the end of the channel. Leaving the loop does not close the channel.
 */
export interface ReceiveChannel<out T> extends AsyncDisposable, AsyncIterable<T> {
  /**
   * Receives one item, and waits until there is one. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; then no item is lost.
   * @throws {EndOfChannel} when all senders have closed their ends and nothing is left.
   * @throws {ClosedResourceError} when this end is closed, or gets closed meanwhile.
   */
  receive(): Promise<T>;
  /** Closes this end. Closing it again has no effect. */
  close(): void | PromiseLike<void>;
}
