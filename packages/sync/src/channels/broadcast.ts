import { BrokenResourceError } from '@tercet/core';
import { WaitQueue } from '@tercet/core/lowlevel';
import { ChannelState, handleClosed } from './channel-state.ts';
import { makeReceiveChannel } from './memory-receive-channel.ts';
import type { MemoryReceiveChannel } from './memory-receive-channel.ts';

/**
 * The policy for an item for which a subscriber has no room: see `openBroadcastChannel`.
 *
 * @example
 * const overflow: BroadcastOverflow = 'fail'; // each event counts: better no subscriber than one that has missed some
 * const [events, subscribe] = openBroadcastChannel<string>({ buffer: 100, overflow });
 */
export type BroadcastOverflow = 'wait' | 'drop-oldest' | 'drop-newest' | 'fail';

/**
 * The result of `BroadcastSender.statistics`.
 *
 * @example
 * const [events, subscribe] = openBroadcastChannel<string>({ buffer: 0, overflow: 'drop-newest' });
 * using subscription = subscribe();
 * await events.send('nobody is waiting for it');
 * const { subscribers, dropped }: BroadcastStatistics = events.statistics(); // 1, 1
 */
export interface BroadcastStatistics {
  /** How many subscribers there are. */
  readonly subscribers: number;
  /** How many tasks wait until every subscriber has room. */
  readonly tasksWaitingSend: number;
  /** How many items subscribers have missed, of those that are there and those that have gone. */
  readonly dropped: number;
}

/**
 * The state that the sender and the subscribers share. Each subscriber is a memory channel of which this is the sender.
 *
 * An item is put into all of them in one step, or into none yet: a sender waits, in a queue here, until every
 * subscriber has room. So a cancelled `send` has reached no subscriber, and all subscribers see the same order.
 *
 * To hand an item to one subscriber may take away the room at another one: one `select` may wait at both, and hooks may cancel
 * tasks. Under 'wait' the item then goes into the buffer of the other one, even if that is full. And whatever hooks do, the next
 * item is handed out when the last one has reached all.
 */
export class Broadcast {
  readonly #buffer: number;
  readonly #overflow: BroadcastOverflow;
  readonly #replay: number;
  /** The channels of subscribers that have not closed, and have not failed because they were too slow. */
  readonly #subscribers = new Set<ChannelState>();
  /** Tasks that wait with an item until every subscriber has room. */
  readonly waiting: WaitQueue<void, unknown> = new WaitQueue('room for every subscriber');
  /** The latest items, oldest first, for subscribers that come later. */
  #latest: unknown[] = [];
  /** The number of items missed by subscribers that are not in `#subscribers` any more. */
  #droppedBefore = 0;
  closed = false;
  /** True while an item is handed out. */
  #isHandingOut = false;

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
    return makeReceiveChannel<unknown>(state);
  }

  /** Puts the item into all buffers, if every subscriber has room or may miss items; false otherwise. */
  put(item: unknown): boolean {
    if (this.#isHandingOut || this.waiting.length > 0 || !this.#hasRoom) return false;
    this.#isHandingOut = true;
    try {
      this.#putIntoAll(item);
    } finally {
      this.#isHandingOut = false;
    }
    this.#pump();
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
      if (!this.#subscribers.has(state) || state.put(item)) continue;
      if (this.#overflow === 'wait') {
        state.keep(item);
        continue;
      }
      this.#remove(state);
      state.fail(new BrokenResourceError('receive(): this subscriber was too slow, and its buffer is full'));
    }
  }

  #remove(state: ChannelState): void {
    if (this.#subscribers.delete(state)) this.#droppedBefore += state.dropped;
  }

  /** There may be room now: lets the tasks that have waited longest send. */
  #pump(): void {
    if (this.#isHandingOut) return;
    for (let next = this.waiting.first; next !== undefined && this.#hasRoom; next = this.waiting.first) {
      this.#isHandingOut = true;
      try {
        const item = next.payload;
        // First: a receiver that is woken may cancel the sender, whose item is on its way.
        next.wake();
        this.#putIntoAll(item);
      } finally {
        this.#isHandingOut = false;
      }
    }
  }
}
