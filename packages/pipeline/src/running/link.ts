import { BusyResourceError } from '@tercet/core';
import { WaitQueue } from '@tercet/core/lowlevel';
import type { Slot } from '@tercet/core/lowlevel';
import type { WhenFull } from '../describing/section.ts';
import { FailedUpstream } from './failure.ts';
import type { Failure } from './failure.ts';
import { NOTHING } from './input.ts';
import type { Input } from './input.ts';
import type { Output } from './output.ts';
import { Mark } from './marks.ts';
import type { Meter } from './meters.ts';
import { Ring } from './ring.ts';

/** How many items may wait between two stages where the user has not asked for another number. */
export const BOUNDARY = 64;

/** Stops the stage that fills a link. */
export interface Producer {
  cancel(reason: string): void;
}

/** How a link is made. */
export interface LinkOptions {
  /** How many items may be in it; 0 is a hand-over: one item is in it, until the consumer has taken it. */
  readonly capacity?: number;
  /** Whether the producer goes on for each free place, and not only when half of them are free. */
  readonly eager?: boolean;
  /** How an item is treated for which there is no room; by default the producer waits. */
  readonly whenFull?: WhenFull;
}

/**
 * The link between two stages: a queue of items with room for `capacity` of them. Also called a bounded buffer.
 *
 * An item can be taken as soon as it has been put in, so it never waits for its neighbours. Under load both sides work in
 * batches all the same: the consumer takes without waiting while there is something, and the producer, once it had to
 * wait, goes on when half of the room is free. So a wait is paid for about every 32nd item (benchmark `3 stages`).
 *
 * An end, or a failure, comes after the items that were put in before it. Closing is for the consumer: what is in the
 * link is dropped, and the producer is cancelled.
 */
export class Link implements Input, Output {
  readonly #items = new Ring<unknown>();
  readonly #consumers = new WaitQueue<boolean>('an item of a pipeline');
  readonly #producers = new WaitQueue<void>('room in a pipeline');
  readonly #isEager: boolean;
  readonly #whenFull: WhenFull;
  #capacity: number;
  #isOpen = true;
  /** Whether its producer has failed it because its reader was too slow. */
  isGivenUp = false;
  /** The failure that follows the items in it. */
  failure: Failure | undefined = undefined;
  closed = false;
  /** How many items there was no room for. */
  dropped = 0;
  /** How many items were in it when it was closed. */
  lost = 0;
  /** How many of its entries are marks, which take no room. */
  #marks = 0;
  /** Counts the items that come in and go out; only where statistics can be read. */
  meter: Meter | undefined = undefined;
  /** The stage that fills it, once that has been started. */
  producer: Producer | undefined = undefined;
  /** Called when something can be taken, or the end has come: for one consumer of several links. */
  listener: (() => void) | undefined = undefined;

  constructor({ capacity = BOUNDARY, eager = false, whenFull = 'wait' }: LinkOptions = {}) {
    this.#capacity = Math.max(1, capacity);
    this.#isEager = eager;
    this.#whenFull = whenFull;
  }

  get link(): this {
    return this;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** The number of items in it. */
  get length(): number {
    return this.#items.length - this.#marks;
  }

  // ---- for the producer

  get isFull(): boolean {
    return this.#whenFull === 'wait' && this.length >= this.#capacity && !this.closed;
  }

  put(item: unknown): Promise<void> | undefined {
    return this.offer(item) ? this.room() : undefined;
  }

  /** Always takes it: no task waits for room for a mark. */
  mark(mark: Mark): undefined {
    if (this.closed || !this.#isOpen) return undefined;
    this.#items.push(mark);
    this.#marks++;
    if (this.#consumers.first !== undefined) this.#consumers.wakeFirst(true);
    else this.listener?.();
    return undefined;
  }

  /** Takes an item, whether there is room or not. @returns whether there is none for the next one. */
  offer(item: unknown): boolean {
    if (this.closed || !this.#isOpen || (this.#whenFull !== 'wait' && !this.#makeRoom())) return false;
    this.#items.push(item);
    if (this.meter !== undefined) this.meter.itemsIn++;
    if (this.#consumers.first !== undefined) this.#consumers.wakeFirst(true);
    else this.listener?.();
    return this.isFull;
  }

  /** Drops the oldest item, or says that the newest has to be dropped. */
  #makeRoom(): boolean {
    if (this.length < this.#capacity) return true;
    if (this.#whenFull === 'fail') throw new BusyResourceError(`buffer(): there are ${this.#capacity} items already`);
    this.dropped++;
    if (this.#whenFull === 'drop-newest') return false;
    // A mark goes with the items before it: one that follows says the same of more items.
    while (this.#items.shift() instanceof Mark) this.#marks--;
    return true;
  }

  /** Waits until there is room again. A checkpoint. */
  async room(): Promise<void> {
    // Between being woken and going on, the consumer may have come to want less.
    do await this.#producers.wait(undefined);
    while (this.isFull);
  }

  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#consumers.wakeAll(false);
    this.listener?.();
  }

  fail(failure: Failure): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.failure = failure;
    for (const consumer of this.#consumers) consumer.fail(new FailedUpstream(failure));
    this.listener?.();
  }

  // ---- for the consumer

  take(): unknown {
    const items = this.#items;
    if (items.length === 0) return NOTHING;
    const item = items.shift();
    if (this.#marks > 0 && item instanceof Mark) this.#marks--;
    else if (this.meter !== undefined) this.meter.itemsOut++;
    if (this.#producers.first !== undefined) this.#refill();
    return item;
  }

  more(): Promise<boolean> | boolean {
    if (this.#items.length > 0) return true;
    if (this.#isOpen && !this.closed) return this.#consumers.wait(undefined);
    if (this.failure !== undefined) throw new FailedUpstream(this.failure);
    return false;
  }

  /** Waits as `more` does, as a case of a selection. @returns ends the wait. */
  arm(slot: Slot<boolean>): () => void {
    return this.#consumers.enter(undefined, slot);
  }

  /** Whether `more` would answer at once. */
  get isReady(): boolean {
    return this.#items.length > 0 || !this.#isOpen;
  }

  /** Lets no more than `capacity` items come in from now on; 0: none, until another number is asked for. */
  want(capacity: number): void {
    // The user has asked for another number.
    if (this.#isEager) return;
    this.#capacity = capacity;
    if (this.length < capacity) this.#producers.wakeAll();
  }

  close(reason: string): void {
    if (this.closed) return;
    this.closed = true;
    const lost = (this.lost = this.length);
    this.#items.clear();
    this.#marks = 0;
    if (this.#isOpen) this.producer?.cancel(lost === 0 ? reason : `${reason}; ${lost} items were in flight`);
    this.#producers.wakeAll();
    this.#consumers.wakeAll(false);
  }

  #refill(): void {
    const free = this.#isEager ? this.#capacity - 1 : this.#capacity >> 1;
    if (this.length <= free) this.#producers.wakeAll();
  }
}
