import { checkpoint, WouldBlock } from '@tercet/core';
import { currentCaller, inspectAs, rejected } from '@tercet/core/lowlevel';
import type { Selectable } from '@tercet/core/lowlevel';
import type { ReceiveChannel } from './channel.ts';
import { endOfChannel, handleClosed, inForm, LAST_STEP, NOTHING, requireState } from './channel-state.ts';
import type { ChannelState, MemoryChannelStatistics, Receiver } from './channel-state.ts';

/** Makes a handle of the receiving end. */
export let makeReceiveChannel: <T>(state: ChannelState) => MemoryReceiveChannel<T>;

/** The next step of a loop over the channel, as a case of a selection. */
export let stepping: <T>(channel: MemoryReceiveChannel<T>) => Selectable<IteratorResult<T>>;

/** A handle for the receiving end of a memory channel: see `openMemoryChannel`, which makes one. */
export class MemoryReceiveChannel<out T> implements ReceiveChannel<T>, Disposable, AsyncDisposable {
  static {
    makeReceiveChannel = <T>(state: ChannelState) => new MemoryReceiveChannel<T>(state);
    stepping = <T>(channel: MemoryReceiveChannel<T>) =>
      channel.#selectable({ handle: channel, iterates: true }) as Selectable<IteratorResult<T>>;
    inspectAs(this, (channel) => `MemoryReceiveChannel ${channel.#state.describe(channel.#closed)}`);
  }

  readonly #state: ChannelState;
  readonly #receiver: Receiver = { handle: this, iterates: false };
  #closed = false;
  /** Made once, since it holds no state. */
  #case: Selectable<T> | undefined = undefined;

  private constructor(state: ChannelState) {
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

  /** `receive` as a case of a `select`. */
  receiving(): Selectable<T> {
    return (this.#case ??= this.#selectable(this.#receiver) as Selectable<T>);
  }

  /**
   * Receives the oldest item, if there is one: in the buffer, or at a sender that waits. Not a checkpoint; may also be
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
    this.#throwAtEnd('receiveNowait()');
    throw new WouldBlock('receiveNowait(): no sender waits, and the buffer is empty');
  }

  /**
   * Receives the oldest item, if there is one, without an error if there is none. Not a checkpoint.
   *
   * @returns the item in an object; `undefined` when there is none now.
   * @throws {EndOfChannel} when all senders have closed their handles and the buffer is empty.
   * @throws {ClosedResourceError} when this handle is closed.
   */
  tryReceive(): { readonly value: T } | undefined {
    if (this.#closed) throw handleClosed('tryReceive()');
    const value = this.#state.take();
    if (value !== NOTHING) return { value: value as T };
    this.#throwAtEnd('tryReceive()');
    return undefined;
  }

  /**
   * Receives all items that are there, and waits only for the first one.
   *
   * A checkpoint.
   *
   * @param max the number of items at most; all when left out.
   * @returns at least one item, oldest first.
   * @throws the errors of `receive`; then no item is lost. @throws {RangeError} when `max` is not an integer above zero, nor
   * Infinity.
   * @example
   * for (;;) await database.insert(await rows.receiveMany(500));
   */
  async receiveMany(max: number = Infinity): Promise<T[]> {
    if (max !== Infinity && !(Number.isInteger(max) && max > 0)) {
      return rejected(new RangeError(`receiveMany(): max must be a positive integer or Infinity, not ${String(max)}`));
    }
    const items = [(await this.receive()) as T];
    while (items.length < max) {
      const value = this.#closed ? NOTHING : this.#state.take();
      if (value === NOTHING) break;
      items.push(value as T);
    }
    return items;
  }

  /** How many items this channel has dropped because its buffer was full: for one that was opened to do so. */
  get missed(): number {
    return this.#state.dropped;
  }

  /**
   * The items, as `receive` returns them, until the end of the channel. Each step is a checkpoint. Leaving the loop closes
   * nothing.
   *
   * Several loops share the items: each item reaches one of them.
   *
   * @example
   * const [sender, lines] = openMemoryChannel<string>(2);
   * await sender.sendMany(['one', 'two']);
   * sender.close();
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
    return new MemoryReceiveChannel<T>(this.#state);
  }

  /**
   * Closes this handle. Tasks that are receiving through it get a `ClosedResourceError`, other handles go on. With the
   * last one, nothing can be received any more: the buffer is dropped, and senders get `BrokenResourceError`. Not a
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

  #throwAtEnd(operation: string): void {
    if (this.#state.openSenders > 0) return;
    if (this.#state.failure !== undefined) throw this.#state.failure.error;
    throw endOfChannel(operation);
  }

  #selectable(receiver: Receiver): Selectable<unknown> {
    const state = this.#state;
    return {
      poll: () => {
        if (this.#closed) throw handleClosed('receive()');
        const value = state.take();
        if (value !== NOTHING) return { value: inForm(value, receiver) };
        if (state.openSenders > 0) return undefined;
        if (state.failure !== undefined) throw state.failure.error;
        if (receiver.iterates) return { value: LAST_STEP };
        throw endOfChannel('receive()');
      },
      arm: (slot) => state.receivers.enter(receiver, slot),
      ...(state.onDemand !== undefined && { armed: () => state.onDemand?.() }),
    };
  }

  #receive(receiver: Receiver): Promise<unknown> {
    const caller = currentCaller();
    const refused = caller.refuse('receive()');
    if (refused !== undefined) return refused;
    if (this.#closed) return rejected(handleClosed('receive()'));
    const state = this.#state;
    const value = state.take();
    if (value !== NOTHING) return caller.ready(inForm(value, receiver));
    if (state.openSenders > 0) {
      const item = state.receivers.wait(receiver, caller);
      state.onDemand?.();
      return item;
    }
    if (state.failure !== undefined) return rejected(state.failure.error);
    return receiver.iterates ? caller.ready(LAST_STEP) : rejected(endOfChannel('receive()'));
  }
}
