import { checkpoint, ClosedResourceError, EndOfChannel, moveOnAfter, TercetError, WouldBlock } from '@tercet/core';
import { inspectAs, rejected } from '@tercet/core/lowlevel';
import type { Selectable } from '@tercet/core/lowlevel';
import type { ReceiveChannel } from '@tercet/sync';
import type { WhenFull } from '../describing/section.ts';
import { FailedUpstream } from '../running/failure.ts';
import type { Failure } from '../running/failure.ts';
import { InputChannel } from '../running/input-channel.ts';
import { NOTHING } from '../running/input.ts';
import { Link } from '../running/link.ts';
import { requireCount } from '../sections/require.ts';

/**
 * A tap has had no room for an item, and was not to wait for it: its reader gets this after the items before.
 *
 * @example
 * try {
 *   for await (const reading of p.tap({ buffer: 10, whenFull: 'fail' })) await slow(reading);
 * } catch (error) {
 *   if (error instanceof TapOverflowError) console.log('too slow');
 *   throw error;
 * }
 */
export class TapOverflowError extends TercetError {
  static {
    this.prototype.name = 'TapOverflowError';
  }
}

/**
 * The statistics of a tap.
 *
 * @example
 * await openPipeline(pipeline(['a', 'b', 'c']), async (line) => {
 *   await using channel = line.tap({ buffer: 1, whenFull: 'drop-newest' });
 *   await channel.receive();
 *   const { currentBufferUsed, dropped }: TapStatistics = channel.statistics();
 * });
 */
export interface TapStatistics {
  /** How many items wait to be received. */
  readonly currentBufferUsed: number;
  /** The number of items that may wait. */
  readonly maxBufferSize: number;
  /** The number of items that were dropped because there was no room. */
  readonly dropped: number;
  /** How many handles are not closed. */
  readonly openReceiveChannels: number;
}

/** The state that the handles of one tap share. */
export class TapState {
  readonly link: Link;
  readonly buffer: number;
  readonly whenFull: WhenFull;
  readonly timeout: number;
  readonly onFailure: (error: unknown) => void;
  /** Whether the pipeline goes on only when an item has been received. */
  readonly handsOver: boolean;
  handles = 0;

  constructor(buffer: number, whenFull: WhenFull, timeout: number, onFailure: (error: unknown) => void) {
    // Only this tap fails, so the error is thrown here, and not by the pipeline.
    this.link = new Link({ capacity: buffer, eager: true, whenFull: whenFull === 'fail' ? 'wait' : whenFull });
    this.buffer = buffer;
    this.whenFull = whenFull;
    this.handsOver = buffer === 0 && whenFull === 'wait';
    this.timeout = timeout;
    this.onFailure = onFailure;
  }

  /** Whether an item has to wait. */
  get isFull(): boolean {
    return this.whenFull === 'wait' && this.link.isFull;
  }

  offer(item: unknown): void {
    const { link } = this;
    if (this.whenFull !== 'fail' || !link.isFull) link.offer(item);
    else this.#overflow(`there was no room for an item in a tap with a buffer of ${link.capacity}`);
  }

  /** Waits until there is room, or the tap is closed. */
  async room(): Promise<void> {
    const { link } = this;
    if (!this.isFull) return;
    if (this.timeout === Infinity) return await link.room();
    await moveOnAfter(this.timeout, () => link.room());
    if (link.isFull) this.#overflow(`a tap had no room for the next item within ${this.timeout} ms`);
  }

  #overflow(text: string): void {
    const failure: Failure = { error: new TapOverflowError(text), label: 'tap' };
    this.link.fail(failure);
    this.link.isGivenUp = true;
  }
}

/** Makes a handle of the receiving end of a tap. */
export let makeTapChannel: <T>(state: TapState) => TapChannel<T>;

/**
 * The receiving end of a tap: see `Pipeline.tap`, which makes one. It has the methods of a `MemoryReceiveChannel`: `receive`,
 * `receiveNowait`, `receiveMany`, `for await`, a case of `select`, `clone`, `close`, `using`.
 *
 * @example
 * async function store(readings: TapChannel<number>): Promise<void> {
 *   for await (const reading of readings) await insert(reading);
 * }
 */
export class TapChannel<out T> implements ReceiveChannel<T>, Disposable, AsyncDisposable {
  static {
    makeTapChannel = <T>(state: TapState) => new TapChannel<T>(state);
    inspectAs(this, (tap) => `TapChannel ${tap.#isClosed ? 'closed' : 'open'}, ${tap.#state.link.length} buffered`);
  }

  readonly #state: TapState;
  readonly #items: InputChannel<T>;
  #isClosed = false;

  private constructor(state: TapState) {
    if (state === undefined) throw new TypeError('TapChannel has no public constructor; use Pipeline.tap()');
    this.#state = state;
    state.handles++;
    this.#items = new InputChannel<T>(state.link, (error) => {
      const reason = this.#failureOf(error);
      if (reason instanceof TapOverflowError) throw reason;
    });
  }

  /**
   * Receives the next item, and waits until there is one. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled, also because the pipeline has failed.
   * @throws {EndOfChannel} when the pipeline has ended. @throws {ClosedResourceError} when this handle is closed.
   * @throws {TapOverflowError} when the tap was made with `whenFull: 'fail'`, or a timeout, and was too slow.
   */
  receive(): Promise<T> {
    return this.#isClosed ? rejected(closedError('receive()')) : this.#items.receive();
  }

  /** `receive` as a case of a `select`, with the same errors. A case that does not take effect receives nothing. */
  receiving(): Selectable<T> {
    const { link } = this.#state;
    return {
      poll: () => this.#tryReceive('receive()'),
      arm: (slot) =>
        link.arm({
          task: slot.task,
          wake: (isThere) => {
            if (isThere) slot.wake(link.take() as T);
            else slot.fail(this.#isClosed ? closedError('receive()') : endOfTap('receive()'));
          },
          fail: (error) => slot.fail(this.#failureOf(error)),
        }),
    };
  }

  /**
   * Receives the next item if it is there. Not a checkpoint.
   *
   * @throws {WouldBlock} when it is not there. @throws the errors of `receive`, except `Cancelled`.
   */
  receiveNowait(): T {
    const received = this.#tryReceive('receiveNowait()');
    if (received === undefined) throw new WouldBlock('receiveNowait(): no item waits in the tap');
    return received.value;
  }

  /**
   * Receives the next item if it is there. Not a checkpoint.
   *
   * @returns an object with the item; `undefined` when it is not there. @throws the errors of `receive`, except `Cancelled`.
   */
  tryReceive(): { readonly value: T } | undefined {
    return this.#tryReceive('tryReceive()');
  }

  /**
   * Receives all items that are there, and waits only for the first one. A checkpoint.
   *
   * @param max the number of items at most; all when left out.
   * @throws the errors of `receive`. @throws {RangeError} when `max` is not an integer above zero, nor Infinity.
   */
  async receiveMany(max: number = Infinity): Promise<T[]> {
    requireCount('receiveMany', 'max', max, 1);
    const items = [(await this.receive()) as T];
    const { link } = this.#state;
    for (let item: unknown; items.length < max && (item = link.take()) !== NOTHING;) items.push(item as T);
    return items;
  }

  /** The number of items that were dropped because there was no room. */
  get missed(): number {
    return this.#state.link.dropped;
  }

  #tryReceive(operation: string): { readonly value: T } | undefined {
    if (this.#isClosed) throw closedError(operation);
    const { link } = this.#state;
    const item = link.take();
    if (item !== NOTHING) return { value: item as T };
    if (!link.isReady) return undefined;
    if (link.failure !== undefined) throw link.failure.error;
    throw endOfTap(operation);
  }

  /** The error for a reader that waits when the tap fails. */
  #failureOf(error: unknown): unknown {
    const { error: reason } = error instanceof FailedUpstream ? error.failure : { error };
    if (!(reason instanceof TapOverflowError)) this.#state.onFailure(error);
    return reason;
  }

  /** The items, as `receive` returns them, until the end. Leaving the loop closes nothing. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.#items[Symbol.asyncIterator]();
  }

  /** Another handle of the same tap: each item reaches one of them. Not a checkpoint. */
  clone(): TapChannel<T> {
    if (this.#isClosed) throw closedError('clone()');
    return new TapChannel<T>(this.#state);
  }

  /**
   * Closes this handle. With the last one, the tap is gone: items that wait in it are dropped, and a pipeline that waits for
   * it goes on. When all taps are gone, the pipeline ends. Not a checkpoint.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (--this.#state.handles === 0) this.#state.link.close('the tap was closed');
  }

  /** Closes this handle, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes this handle, and is a checkpoint. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return checkpoint();
  }

  /** Numbers about its state at this moment. */
  statistics(): TapStatistics {
    const { link, handles } = this.#state;
    return {
      currentBufferUsed: link.length,
      maxBufferSize: this.#state.buffer,
      dropped: link.dropped,
      openReceiveChannels: handles,
    };
  }
}

function endOfTap(operation: string): EndOfChannel {
  return new EndOfChannel(`${operation}: the pipeline has ended`);
}

function closedError(operation: string): ClosedResourceError {
  return new ClosedResourceError(`${operation}: this handle of the tap is closed`);
}
