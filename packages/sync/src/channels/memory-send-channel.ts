import { checkpoint, WouldBlock } from '@tercet/core';
import { checkpointIfCancelled, currentCaller, inspectAs, rejected } from '@tercet/core/lowlevel';
import type { Selectable } from '@tercet/core/lowlevel';
import type { SendChannel } from './channel.ts';
import { handleClosed, noReceivers, requireState } from './channel-state.ts';
import type { ChannelState, MemoryChannelStatistics } from './channel-state.ts';
import { itemRefusal } from '../arguments/item-refusal.ts';

/** Makes a handle of the sending end. */
export let makeSendChannel: <T>(state: ChannelState) => MemorySendChannel<T>;

/** A handle for the sending end of a memory channel: see `openMemoryChannel`, which makes one. */
export class MemorySendChannel<in T> implements SendChannel<T>, Disposable, AsyncDisposable {
  static {
    makeSendChannel = <T>(state: ChannelState) => new MemorySendChannel<T>(state);
    inspectAs(this, (channel) => `MemorySendChannel ${channel.#state.describe(channel.#closed)}`);
  }

  readonly #state: ChannelState;
  #closed = false;

  private constructor(state: ChannelState) {
    this.#state = requireState(state);
    this.#state.openSenders++;
  }

  /**
   * Sends one item, and waits while the buffer is full; with a buffer of size 0, until a receiver takes the item.
   *
   * A checkpoint. The task that has waited longest is served first.
   *
   * @param value anything but a promise, or another object with a method `then`: await it before you send it.
   * @throws {Cancelled} when the surrounding scope is cancelled; then the item has not been sent.
   * @throws {TypeError} when `value` is a promise.
   * @throws {ClosedResourceError} when this handle is closed, or gets closed meanwhile.
   * @throws {BrokenResourceError} when all receivers have closed their handles, or do so meanwhile.
   * @throws {StateError} outside of a run.
   */
  send(value: T): Promise<void> {
    const caller = currentCaller();
    const refused = caller.refuse('send()');
    if (refused !== undefined) return refused;
    const state = this.#state;
    const refusal = this.#refusal('send()', value);
    if (refusal !== undefined) return rejected(refusal);
    return state.put(value) ? caller.ready(undefined) : state.senders.wait({ handle: this, value }, caller);
  }

  /**
   * `send` as a case of a `select`.
   *
   * @param value anything but a promise, as for `send`.
   */
  sending(value: T): Selectable<void> {
    const state = this.#state;
    return {
      poll: () => {
        const refusal = this.#refusal('send()', value);
        if (refusal !== undefined) throw refusal;
        return state.put(value) ? { value: undefined } : undefined;
      },
      arm: (slot) => state.senders.enter({ handle: this, value }, slot),
    };
  }

  /**
   * Sends one item, if that is possible at once: a receiver waits, or there is room in the buffer. Not a checkpoint; may
   * also be called from callbacks and events.
   *
   * @param value anything but a promise, as for `send`.
   * @throws {WouldBlock} when it is not possible at once.
   * @throws {ClosedResourceError} when this handle is closed.
   * @throws {BrokenResourceError} when all receivers have closed their handles.
   * @throws {TypeError} when `value` is a promise.
   */
  sendNowait(value: T): void {
    const refusal = this.#refusal('sendNowait()', value);
    if (refusal !== undefined) throw refusal;
    if (!this.#state.put(value)) throw new WouldBlock('sendNowait(): no receiver waits, and the buffer is full');
  }

  /**
   * Sends one item, if that is possible at once, without an error if it is not. Not a checkpoint; may also be called from
   * callbacks and events.
   *
   * @param value anything but a promise, as for `send`.
   * @returns whether it was sent. An item that the channel drops counts as sent.
   * @throws {ClosedResourceError} when this handle is closed.
   * @throws {BrokenResourceError} when all receivers have closed their handles.
   * @throws {TypeError} when `value` is a promise.
   */
  trySend(value: T): boolean {
    const refusal = this.#refusal('trySend()', value);
    if (refusal !== undefined) throw refusal;
    return this.#state.put(value);
  }

  /**
   * Sends several items in their order, and waits whenever the buffer is full. Cheaper than sending them one by one.
   *
   * A checkpoint.
   *
   * @param items anything but promises, as for `send`; an iterable is read only as far as there is room.
   * @throws the errors of `send`. The items before the failed one have been sent, also when the surrounding scope is
   * cancelled. If the caller goes on with the same iterator, only the failed item is lost.
   */
  async sendMany(items: Iterable<T>): Promise<void> {
    let waited = false;
    for (const value of items) {
      if (!waited) {
        await checkpointIfCancelled();
        waited = true;
      }
      const refusal = this.#refusal('sendMany()', value);
      if (refusal !== undefined) throw refusal;
      if (!this.#state.put(value)) await this.#state.senders.wait({ handle: this, value });
    }
    await checkpoint();
  }

  /**
   * Another handle of the same end. The channel ends when all of them are closed, so each sending task can have its own
   * and close it when it is done. Not a checkpoint.
   *
   * @throws {ClosedResourceError} when this handle is closed.
   * @example
   * for (const url of urls) nursery.startSoon(fetchInto, url, send.clone());
   * send.close(); // the receiver's loop ends when the last fetcher has closed its clone
   */
  clone(): MemorySendChannel<T> {
    if (this.#closed) throw handleClosed('clone()');
    return new MemorySendChannel<T>(this.#state);
  }

  /**
   * Closes this handle. Tasks that are sending through it get a `ClosedResourceError`, other handles go on. With the last
   * one the channel ends: receivers get what is in the buffer, and then `EndOfChannel`. Not a checkpoint; closing it again
   * has no effect.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#state.closeSender(this);
  }

  /** Closes this handle, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes this handle, and is a checkpoint, for `await using`. @throws {Cancelled} when the surrounding scope is cancelled. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return checkpoint();
  }

  /** The same numbers at both ends. */
  statistics(): MemoryChannelStatistics {
    return this.#state.statistics();
  }

  #refusal(operation: string, value: T): Error | undefined {
    if (this.#closed) return handleClosed(operation);
    return this.#state.openReceivers === 0 ? noReceivers(operation) : itemRefusal(value, operation);
  }
}
