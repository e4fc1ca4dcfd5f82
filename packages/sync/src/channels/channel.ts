/**
 * The sending end of a channel: a way to pass objects to other tasks.
 *
 * Types keep to what is sent: a `SendChannel<string | number>` serves as a `SendChannel<string>`, not the other way round.
 *
 * @example
 * async function produce(channel: SendChannel<number>): Promise<void> {
 *   await using sender = channel; // the receiver sees the end when it is closed
 *   for (let n = 1; n <= 3; n++) await sender.send(n);
 * }
 * const [sender, receiver] = openMemoryChannel<number>(3);
 * await produce(sender);
 * await receiver.receiveMany(); // [1, 2, 3]
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
 *
 * @example
 * async function countItems(channel: ReceiveChannel<unknown>): Promise<number> {
 *   let count = 0;
 *   for await (const _ of channel) count++;
 *   return count;
 * }
 * const [sender, receiver] = openMemoryChannel<string>(2);
 * await sender.sendMany(['a', 'b']);
 * sender.close();
 * await countItems(receiver); // 2
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
