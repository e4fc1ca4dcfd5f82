import { BrokenResourceError, ClosedResourceError, EndOfChannel } from '@tercet/core';
import { WaitQueue } from '@tercet/core/lowlevel';
import { Fifo } from './fifo.ts';

/**
 * The result of `statistics` at both ends of a memory channel.
 *
 * @example
 * const [sender, receiver] = openMemoryChannel<string>(10);
 * sender.sendNowait('a');
 * const { currentBufferUsed, maxBufferSize, tasksWaitingSend }: MemoryChannelStatistics = receiver.statistics();
 * console.log(`${currentBufferUsed} of ${maxBufferSize}, ${tasksWaitingSend} senders wait`);
 */
export interface MemoryChannelStatistics {
  /** How many items are in the buffer now. */
  readonly currentBufferUsed: number;
  /** How many may be in the buffer. */
  readonly maxBufferSize: number;
  /** The most that was ever in the buffer. */
  readonly peakBufferUsed: number;
  /** How many sending handles are not closed. */
  readonly openSendChannels: number;
  /** How many receiving handles are not closed. */
  readonly openReceiveChannels: number;
  /** How many tasks wait until there is room for theirs. */
  readonly tasksWaitingSend: number;
  /** How many tasks wait for an item. */
  readonly tasksWaitingReceive: number;
  /** How many items were dropped because the buffer was full: only where the channel was opened to do so. */
  readonly dropped: number;
}

/**
 * The policy for an item for which there is no room: see `openMemoryChannel`.
 *
 * @example
 * const overflow: Overflow = process.env['NODE_ENV'] === 'test' ? 'wait' : 'drop-newest';
 * const [sender, receiver] = openMemoryChannel<string>(1000, { overflow });
 */
export type Overflow = 'wait' | 'drop-oldest' | 'drop-newest';

/** A task that waits with an item, and through which handle. */
export interface Sender {
  readonly handle: object;
  readonly value: unknown;
}

/** A task that waits for an item, through which handle, and in which form. */
export interface Receiver {
  readonly handle: object;
  /** Whether the item has to be wrapped as the result of an iterator's step. */
  readonly iterates: boolean;
}

/** The result of `take` when the channel is empty. An item may be any other value, even `undefined`. */
export const NOTHING: unique symbol = Symbol('nothing');

/**
 * The state that all handles of one memory channel share.
 *
 * Two invariants make hand-off direct and barging impossible: receivers wait only while the buffer is empty and no sender
 * waits, and senders wait only while the buffer is full. So each change of one side serves the other side at once.
 */
export class ChannelState {
  readonly capacity: number;
  readonly overflow: Overflow;
  readonly buffer: Fifo = new Fifo();
  /** Wait only while the buffer is full. */
  readonly senders: WaitQueue<void, Sender> = new WaitQueue('room in a channel');
  /** Wait only while the buffer is empty and no sender waits. */
  readonly receivers: WaitQueue<unknown, Receiver> = new WaitQueue('an item in a channel');
  /** Open handles of the senders. At 0 the channel ends after what is in the buffer. */
  openSenders = 0;
  /** Open handles of the receivers. At 0 the buffer is empty, and senders fail. */
  openReceivers = 0;
  /** Called when a receiver begins to wait, and when the last one has closed its handle. */
  onDemand: (() => void) | undefined = undefined;
  /** Called when there may be room again: an item was taken. */
  onRoom: (() => void) | undefined = undefined;
  /** Why the receivers fail at the end of the channel; `undefined` while it goes on, and when it ends normally. */
  failure: { readonly error: unknown } | undefined = undefined;
  /** Items that were dropped because of `overflow`. */
  dropped = 0;
  #peak = 0;

  constructor(capacity: number, overflow: Overflow = 'wait') {
    this.capacity = capacity;
    this.overflow = overflow;
  }

  /** Whether an item could be put at once, and none would be dropped for it. */
  get hasRoom(): boolean {
    return this.receivers.length > 0 || this.buffer.length < this.capacity;
  }

  /** Gives the item to the receiver that has waited longest, or puts it into the buffer; false when neither is possible. */
  put(value: unknown): boolean {
    const receiver = this.receivers.first;
    if (receiver !== undefined) {
      receiver.wake(inForm(value, receiver.payload));
      return true;
    }
    const { buffer } = this;
    if (buffer.length >= this.capacity) {
      if (this.overflow === 'wait') return false;
      this.dropped++;
      if (this.overflow === 'drop-newest' || this.capacity === 0) return true;
      buffer.shift();
    }
    this.keep(value);
    return true;
  }

  /** Puts an item that was promised into the buffer, even if it is full: no receiver waits. */
  keep(value: unknown): void {
    const { buffer } = this;
    buffer.push(value);
    if (buffer.length > this.#peak) this.#peak = buffer.length;
  }

  /** Takes the oldest item, and lets the sender that has waited longest put its item into the buffer; or `NOTHING`. */
  take(): unknown {
    const { buffer } = this;
    const sender = this.senders.first;
    if (sender === undefined) {
      if (buffer.length === 0) return NOTHING;
      const oldest = buffer.shift();
      this.onRoom?.();
      return oldest;
    }
    let { value } = sender.payload;
    if (buffer.length > 0) {
      const oldest = buffer.shift();
      buffer.push(value);
      value = oldest;
    }
    sender.wake();
    return value;
  }

  /** A handle of the senders has been closed; with the last one the channel ends. */
  closeSender(handle: object): void {
    failThrough(handle, this.senders, 'send()');
    if (--this.openSenders > 0) return;
    const { receivers } = this;
    for (let next = receivers.first; next !== undefined; next = receivers.first) {
      if (this.failure !== undefined) next.fail(this.failure.error);
      else if (next.payload.iterates) next.wake(LAST_STEP);
      else next.fail(endOfChannel('receive()'));
    }
  }

  /** A handle of the receivers has been closed; with the last one, the items in the buffer are lost. */
  closeReceiver(handle: object): void {
    failThrough(handle, this.receivers, 'receive()');
    if (--this.openReceivers > 0) return;
    this.buffer.clear();
    this.senders.failAll(() => noReceivers('send()'));
    this.onDemand?.();
  }

  /** Ends the channel with an error, which the receivers get after the items in the buffer. */
  fail(error: unknown): void {
    if (this.openSenders === 0) return;
    this.failure = { error };
    this.openSenders = 1;
    this.closeSender(this);
  }

  /** Numbers about its state at this moment. */
  statistics(): MemoryChannelStatistics {
    return {
      currentBufferUsed: this.buffer.length,
      maxBufferSize: this.capacity,
      peakBufferUsed: this.#peak,
      openSendChannels: this.openSenders,
      openReceiveChannels: this.openReceivers,
      tasksWaitingSend: this.senders.length,
      tasksWaitingReceive: this.receivers.length,
      dropped: this.dropped,
    };
  }

  /** For `util.inspect`. */
  describe(closed: boolean): string {
    const { buffer, capacity, senders, receivers } = this;
    return (
      `${closed ? 'closed' : 'open'}, ${buffer.length} of ${capacity} buffered, ` +
      `${senders.length} waiting to send, ${receivers.length} to receive`
    );
  }
}

/** Fails all tasks that wait through a handle; the others keep their places. */
function failThrough<T, P extends { readonly handle: object }>(
  handle: object,
  queue: WaitQueue<T, P>,
  operation: string,
): void {
  for (const waiter of queue) if (waiter.payload.handle === handle) waiter.fail(handleClosed(operation));
}

/** The step of an iterator that finds the channel at its end. */
export const LAST_STEP: IteratorReturnResult<undefined> = { value: undefined, done: true };

/** The item in the form that the receiver expects. */
export function inForm(value: unknown, receiver: Receiver): unknown {
  return receiver.iterates ? { value, done: false } : value;
}

/** Handles are made only by `openMemoryChannel` and `clone`. @throws {TypeError} for any other state. */
export function requireState(state: unknown): ChannelState {
  if (state instanceof ChannelState) return state;
  throw new TypeError('call openMemoryChannel() to make a channel');
}

export function handleClosed(operation: string): ClosedResourceError {
  return new ClosedResourceError(`${operation}: this handle of the channel is closed`);
}

export function endOfChannel(operation: string): EndOfChannel {
  return new EndOfChannel(`${operation}: all senders of the channel have closed their ends`);
}

export function noReceivers(operation: string): BrokenResourceError {
  return new BrokenResourceError(`${operation}: all receivers of the channel have closed their ends`);
}
