import { checkpoint, WouldBlock } from '@tercet/core';
import { currentCaller, inspectAs, rejected } from '@tercet/core/lowlevel';
import { Broadcast } from './broadcast.ts';
import type { BroadcastStatistics } from './broadcast.ts';
import type { SendChannel } from './channel.ts';
import { handleClosed } from './channel-state.ts';
import { itemRefusal } from '../arguments/item-refusal.ts';

/** Makes the sender of a broadcast. */
export let makeBroadcastSender: <T>(broadcast: Broadcast) => BroadcastSender<T>;

/**
 * The sending end of a broadcast: see `openBroadcastChannel`, which makes one.
 *
 * @example
 * const [news, subscribe] = openBroadcastChannel<string>({ buffer: 16, overflow: 'drop-oldest' });
 * await news.send('it works');
 * news.close();
 */
export class BroadcastSender<in T> implements SendChannel<T>, Disposable, AsyncDisposable {
  static {
    makeBroadcastSender = <T>(broadcast: Broadcast) => new BroadcastSender<T>(broadcast);
    inspectAs(this, (sender) => {
      const { subscribers, tasksWaitingSend } = sender.statistics();
      const state = sender.#broadcast.closed ? 'closed' : 'open';
      return `BroadcastSender ${state}, ${subscribers} subscribers, ${tasksWaitingSend} waiting to send`;
    });
  }

  readonly #broadcast: Broadcast;

  private constructor(broadcast: Broadcast) {
    if (!(broadcast instanceof Broadcast)) throw new TypeError('call openBroadcastChannel() to make a broadcast');
    this.#broadcast = broadcast;
  }

  /**
   * Sends an item to all subscribers; with `overflow: 'wait'` it waits until each has room. Without subscribers the item
   * goes nowhere.
   *
   * A checkpoint. The task that has waited longest is served first.
   *
   * @param value anything but a promise, or another object with a method `then`.
   * @throws {Cancelled} when the surrounding scope is cancelled; then the item has reached no subscriber.
   * @throws {ClosedResourceError} when the sender is closed, or gets closed meanwhile.
   * @throws {TypeError} when `value` is a promise. @throws {StateError} outside of a run.
   */
  send(value: T): Promise<void> {
    const caller = currentCaller();
    const refused = caller.refuse('send()');
    if (refused !== undefined) return refused;
    const refusal = this.#refusal('send()', value);
    if (refusal !== undefined) return rejected(refusal);
    return this.#broadcast.put(value) ? caller.ready(undefined) : this.#broadcast.waiting.wait(value, caller);
  }

  /**
   * Sends an item, if that is possible at once. Not a checkpoint; may also be called from callbacks and events.
   *
   * @throws {WouldBlock} when a subscriber has no room. @throws {ClosedResourceError} when the sender is closed.
   * @throws {TypeError} when `value` is a promise.
   */
  sendNowait(value: T): void {
    const refusal = this.#refusal('sendNowait()', value);
    if (refusal !== undefined) throw refusal;
    if (!this.#broadcast.put(value)) throw new WouldBlock('sendNowait(): a subscriber has no room');
  }

  /** Ends each subscriber after what is in its buffer. Not a checkpoint; closing it again has no effect. */
  close(): void {
    this.#broadcast.close();
  }

  /** Closes it, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes it, and is a checkpoint, for `await using`. @throws {Cancelled} when the surrounding scope is cancelled. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return checkpoint();
  }

  /** Numbers about its state at this moment. */
  statistics(): BroadcastStatistics {
    return this.#broadcast.statistics();
  }

  #refusal(operation: string, value: T): Error | undefined {
    return this.#broadcast.closed ? handleClosed(operation) : itemRefusal(value, operation);
  }
}
