import { checkpoint, BrokenResourceError, WouldBlock } from '@tercet/core';
import { currentCaller, inspectAs, rejected, WaitQueue } from '@tercet/core/lowlevel';
import type { SendChannel } from './channel.ts';
import { ChannelState, handleClosed } from './channel-state.ts';
import { itemRefusal } from './item-refusal.ts';
import { MemoryReceiveChannel } from './memory-receive-channel.ts';

/** What becomes of an item that a subscriber has no room for: see `openBroadcastChannel`. */
export type BroadcastOverflow = 'wait' | 'drop-oldest' | 'drop-newest' | 'fail';

/** What `BroadcastSender.statistics` returns. */
export interface BroadcastStatistics {
  /** How many subscribers there are. */
  readonly subscribers: number;
  /** How many tasks wait until every subscriber has room. */
  readonly tasksWaitingSend: number;
  /** How many items subscribers have missed, of those that are there and those that have gone. */
  readonly dropped: number;
}

/**
 * What the sender and the subscribers share. Each subscriber is a memory channel of which this is the sender.
 *
 * An item is put into all of them in one step, or into none yet: a sender waits, in a queue of its own, until every
 * subscriber has room. So a cancelled `send` has reached nobody, and all subscribers see the same order.
 */
export class Broadcast {
  readonly #buffer: number;
  readonly #overflow: BroadcastOverflow;
  readonly #replay: number;
  readonly #subscribers = new Set<ChannelState>();
  /** Tasks that wait with an item until every subscriber has room. */
  readonly waiting: WaitQueue<void, unknown> = new WaitQueue('room for every subscriber');
  /** The latest items, oldest first, for those who come later. */
  #latest: unknown[] = [];
  #droppedBefore = 0;
  closed = false;

  constructor(buffer: number, overflow: BroadcastOverflow, replay: number) {
    this.#buffer = buffer;
    this.#overflow = overflow;
    this.#replay = replay;
  }

  subscribe(): MemoryReceiveChannel<unknown> {
    const state = new ChannelState(this.#buffer, this.#overflow === 'fail' ? 'wait' : this.#overflow);
    state.openSenders = 1;
    for (const item of this.#latest) state.put(item);
    if (this.closed) state.closeSender(this);
    else {
      this.#subscribers.add(state);
      state.onRoom = () => this.#pump();
      state.onDemand = () => {
        if (state.openReceivers === 0) this.#remove(state);
        this.#pump();
      };
    }
    return new MemoryReceiveChannel<unknown>(state as never);
  }

  /** Puts the item into all, if every subscriber has room, or need not have. */
  put(item: unknown): boolean {
    if (this.waiting.length > 0 || !this.#hasRoom) return false;
    this.#putIntoAll(item);
    return true;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.waiting.failAll(() => handleClosed('send()'));
    for (const state of this.#subscribers) state.closeSender(this);
  }

  statistics(): BroadcastStatistics {
    let dropped = this.#droppedBefore;
    for (const state of this.#subscribers) dropped += state.dropped;
    return { subscribers: this.#subscribers.size, tasksWaitingSend: this.waiting.length, dropped };
  }

  get #hasRoom(): boolean {
    if (this.#overflow !== 'wait') return true;
    for (const state of this.#subscribers) if (!state.hasRoom) return false;
    return true;
  }

  #putIntoAll(item: unknown): void {
    if (this.#replay > 0 && this.#latest.push(item) > this.#replay) this.#latest.shift();
    for (const state of [...this.#subscribers]) {
      if (state.put(item)) continue;
      this.#remove(state);
      state.fail(new BrokenResourceError('receive(): this subscriber was too slow, and its buffer is full'));
    }
  }

  #remove(state: ChannelState): void {
    if (this.#subscribers.delete(state)) this.#droppedBefore += state.dropped;
  }

  /** There may be room now: lets the tasks that have waited longest send. */
  #pump(): void {
    for (let next = this.waiting.first; next !== undefined && this.#hasRoom; next = this.waiting.first) {
      this.#putIntoAll(next.payload);
      next.wake();
    }
  }
}

/** The sending end of a broadcast: see `openBroadcastChannel`, which makes one. */
export class BroadcastSender<in T> implements SendChannel<T>, Disposable, AsyncDisposable {
  static {
    inspectAs(this, (sender) => {
      const { subscribers, tasksWaitingSend } = sender.statistics();
      return `BroadcastSender ${sender.#broadcast.closed ? 'closed' : 'open'}, ${subscribers} subscribers, ${tasksWaitingSend} waiting to send`;
    });
  }

  readonly #broadcast: Broadcast;

  /** @throws {TypeError} always, for users: call `openBroadcastChannel`. */
  constructor(...args: never[]);
  constructor(broadcast: unknown) {
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
   * @throws {Cancelled} when the surrounding scope is cancelled; then the item has reached nobody.
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
