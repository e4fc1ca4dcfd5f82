import { checkpoint, WouldBlock } from '@tercet/core';
import { currentCaller, inspectAs } from '@tercet/core/lowlevel';
import { rejected } from '../rejected.ts';
import type { ReceiveChannel } from './channel.ts';
import { endOfChannel, handleClosed, inForm, LAST_STEP, NOTHING, requireState } from './channel-state.ts';
import type { ChannelState, MemoryChannelStatistics, Receiver } from './channel-state.ts';

/** A handle for the receiving end of a memory channel: see `openMemoryChannel`, which makes one. */
export class MemoryReceiveChannel<out T> implements ReceiveChannel<T>, Disposable, AsyncDisposable {
  static {
    inspectAs(this, (channel) => `MemoryReceiveChannel ${channel.#state.describe(channel.#closed)}`);
  }

  readonly #state: ChannelState;
  readonly #receiver: Receiver = { handle: this, iterates: false };
  #closed = false;

  /** @throws {TypeError} always, for users: call `openMemoryChannel`. */
  constructor(...args: never[]);
  constructor(state: unknown) {
    this.#state = requireState(state);
    this.#state.openReceivers++;
  }

  /**
   * Receives the oldest item, and waits until there is one.
   *
   * A checkpoint. The task that has waited longest is served first, and each item reaches one receiver.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; then no item is lost.
   * @throws {EndOfChannel} when all senders have closed their handles and the buffer is empty.
   * @throws {ClosedResourceError} when this handle is closed, or gets closed meanwhile.
   * @throws {StateError} outside of a run.
   */
  receive(): Promise<T> {
    return this.#receive(this.#receiver) as Promise<T>;
  }

  /**
   * Receives the oldest item, if there is one: in the buffer, or at a sender who waits. Not a checkpoint; may also be
   * called from callbacks and events.
   *
   * @throws {WouldBlock} when there is none.
   * @throws {EndOfChannel} when all senders have closed their handles and the buffer is empty.
   * @throws {ClosedResourceError} when this handle is closed.
   */
  receiveNowait(): T {
    if (this.#closed) throw handleClosed('receiveNowait()');
    const value = this.#state.take();
    if (value !== NOTHING) return value as T;
    if (this.#state.openSenders === 0) throw endOfChannel('receiveNowait()');
    throw new WouldBlock('receiveNowait(): no sender waits, and the buffer is empty');
  }

  /**
   * What `receive` gives, until the end of the channel; each step is a checkpoint. Leaving the loop closes nothing.
   *
   * Several loops share the items: each item reaches one of them.
   *
   * @example
   * for await (const line of lines) console.log(line);
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    const receiver: Receiver = { handle: this, iterates: true };
    return {
      next: () => this.#receive(receiver) as Promise<IteratorResult<T>>,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /**
   * Another handle of the same end. The receiving end stays open until all of them are closed. Not a checkpoint.
   *
   * @throws {ClosedResourceError} when this handle is closed.
   */
  clone(): MemoryReceiveChannel<T> {
    if (this.#closed) throw handleClosed('clone()');
    return new MemoryReceiveChannel<T>(this.#state as never);
  }

  /**
   * Closes this handle. Tasks that are receiving through it get a `ClosedResourceError`, other handles go on. With the
   * last one nobody can receive any more: what is in the buffer is dropped, and senders get `BrokenResourceError`. Not a
   * checkpoint; closing it again has no effect.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#state.closeReceiver(this);
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

  #receive(receiver: Receiver): Promise<unknown> {
    const caller = currentCaller();
    const refused = caller.refuse('receive()');
    if (refused !== undefined) return refused;
    if (this.#closed) return rejected(caller, handleClosed('receive()'));
    const state = this.#state;
    const value = state.take();
    if (value !== NOTHING) return caller.ready(inForm(value, receiver));
    if (state.openSenders > 0) {
      const item = state.receivers.wait(receiver, caller);
      state.onDemand?.();
      return item;
    }
    return receiver.iterates ? caller.ready(LAST_STEP) : rejected(caller, endOfChannel('receive()'));
  }
}
