import type { Writable } from 'node:stream';
import { BrokenResourceError, ClosedResourceError } from '@tercet/core';
import { currentCaller, WaitQueue } from '@tercet/core/lowlevel';
import type { Caller } from '@tercet/core/lowlevel';
import { describeType } from '../contract/describe-type.ts';
import { brokenError, busyError, closedError } from '../contract/stream-errors.ts';
import { toBytes } from '../contract/to-bytes.ts';
import { listen } from './listen.ts';

/** A way to the operating system past the queue of a writable, to be used when that is empty. */
export interface DirectWriter {
  /**
   * @returns `taken` when the operating system has all of the bytes, `begun` when it will have them later, and `refused` when
   *   none are written: then the writable knows why, or is the way to go.
   */
  write(bytes: Uint8Array): 'taken' | 'begun' | 'refused';
  /** Calls back when the write that has begun has ended. Why, if it failed, the writable knows. */
  whenWritten(callback: () => void): void;
}

/** What a {@link WritableSender} sends on, and who tells it what becomes of that. */
export interface SenderOptions {
  /** Whether it is one of `node:net`, or of `node:tls`, and not something else that can be written to. */
  readonly isSocket?: boolean;
  /** Whether its owner calls `fail` and `gone`, so that it need not listen itself: each listener costs a connection its share. */
  readonly isTold?: boolean;
  readonly direct?: DirectWriter | undefined;
}

/**
 * The sending half of a stream of Node.
 *
 * A write that Node could finish at once leaves nothing in its queue, and then there is nothing to wait for: that is the
 * hot path. Otherwise the sender waits until the queue is empty. `'drain'` tells that if the queue has reached the high-water
 * mark, and the callback of a write tells it always; but for a callback Node makes a tick, also when the write was finished
 * at once. Of a socket, whose empty writes cost nothing, it is therefore the callback of an empty write afterwards, where there
 * has to be one (benchmark `net`, ping-pong). Where there is a way past the queue, it is taken first.
 *
 * A write cannot be withdrawn. A sender that is cancelled while it waits leaves the rest in Node's queue, so that nobody
 * knows what the peer will see: from then on the half is broken.
 */
export class WritableSender {
  readonly #writable: Writable;
  readonly #describe: () => string;
  readonly #waiter = new WaitQueue<void>('room to send');
  readonly #direct: DirectWriter | undefined;
  /** Whether a write gets a callback only when there is something to wait for. */
  readonly #asksAfterwards: boolean;
  /** Writes whose callback has not come yet. */
  #unwritten = 0;
  // True as long as the bytes of a sendAll are with Node. Without a waiter that means: it was cancelled.
  #sending = false;
  #ended = false;
  #stopListening: (() => void) | undefined = undefined;
  #finished = false;
  #closed = false;
  #failed = false;
  #error: unknown = undefined;

  constructor(writable: Writable, describe: () => string, operation: string, options: SenderOptions = {}) {
    if (typeof writable?.write !== 'function' || typeof writable.on !== 'function') {
      throw new TypeError(`${operation} takes a writable stream of Node, not ${describeType(writable)}`);
    }
    if (writable.writableObjectMode) {
      throw new TypeError(`${operation} takes a stream of bytes, and this one is in object mode`);
    }
    const { isSocket = false, isTold = false } = options;
    this.#writable = writable;
    this.#direct = options.direct;
    this.#describe = describe;
    this.#asksAfterwards = isSocket || writable.writableHighWaterMark === 1;
    this.#ended = writable.writableEnded;
    this.#finished = writable.writableFinished;
    // After its 'close' nothing comes any more, and nothing of this is left on it.
    if (!isTold) {
      const stopHere = listen(writable, {
        error: (error: unknown) => this.fail(error),
        close: () => {
          stop();
          this.gone();
        },
      });
      this.#listen();
      const stop = (): void => {
        stopHere();
        this.#stopListening?.();
      };
      // What it still has to report comes in the next tick at the latest.
      if (writable.closed) process.nextTick(stop);
    }
    if (writable.destroyed && !this.#finished) this.fail(writable.errored ?? new Error('it has been destroyed'));
  }

  /** `sendAll` of the stream. */
  sendAll(data: unknown): Promise<void> {
    const caller = currentCaller();
    const cancelled = caller.refuse('sendAll()');
    if (cancelled !== undefined) return cancelled;
    let bytes: Uint8Array;
    try {
      bytes = toBytes(data, 'sendAll()');
      this.#requireUsable('sendAll()');
    } catch (error) {
      return Promise.reject(error);
    }
    const writable = this.#writable;
    if (bytes.length > 0) {
      const outcome = writable.writableLength === 0 ? this.#direct?.write(bytes) : undefined;
      if (outcome === 'taken') return caller.ready(undefined);
      if (outcome === 'begun') return this.#waitForDirect(caller);
      if (this.#asksAfterwards) writable.write(bytes);
      else this.#writeTold(bytes);
      const { errored } = writable;
      if (errored !== null && errored !== undefined) return Promise.reject(this.#broken('sendAll()', errored));
    }
    if (writable.writableLength === 0) return caller.ready(undefined);
    if (this.#asksAfterwards && !writable.writableNeedDrain) this.#writeTold('');
    this.#sending = true;
    return this.#wait(caller);
  }

  /** `waitSendAllMightNotBlock` of the stream. */
  waitSendAllMightNotBlock(): Promise<void> {
    const operation = 'waitSendAllMightNotBlock()';
    const caller = currentCaller();
    const cancelled = caller.refuse(operation);
    if (cancelled !== undefined) return cancelled;
    try {
      this.#requireUsable(operation);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#writable.writableLength === 0) return caller.ready(undefined);
    if (!this.#writable.writableNeedDrain) this.#writeTold('');
    return this.#wait(caller);
  }

  /** `sendEof` of the stream: ends the writable, and waits until all has been written. */
  sendEof(): Promise<void> {
    const operation = 'sendEof()';
    const caller = currentCaller();
    const cancelled = caller.refuse(operation);
    if (cancelled !== undefined) return cancelled;
    try {
      this.#requireUnoccupied(operation);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#listen();
    if (!this.#ended) {
      this.#ended = true;
      this.#writable.end();
    }
    if (this.isFinished) return caller.ready(undefined);
    return this.#wait(caller);
  }

  /** Whether all that was sent has been written, and the end as well. */
  get isFinished(): boolean {
    return this.#finished || this.#writable.writableFinished;
  }

  /** Whether `sendEof` would be of use: nothing has gone wrong, and no earlier send has been cancelled. */
  get isIntact(): boolean {
    return !this.#closed && !this.#failed && !this.#sending;
  }

  /** Whether a `sendAll` was cancelled while it waited, so that nobody knows how much it has sent. */
  get isCutShort(): boolean {
    return this.#sending && this.#waiter.length === 0;
  }

  /** From now on nothing can be sent; a task that is sending is told so. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiter.first?.fail(closedError('sendAll()', this.#describe()));
  }

  /** Nothing can be sent any more, because of an error. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#error = error;
    this.#waiter.first?.fail(this.#broken('sendAll()', error));
  }

  /** The writable has been closed; that is an error only if it had not ended. */
  gone(): void {
    if (this.isFinished || this.#closed || this.#failed) return;
    this.fail(this.#writable.errored ?? new Error('it was destroyed before its end'));
  }

  #requireUsable(operation: string): void {
    this.#requireUnoccupied(operation);
    if (this.#ended) {
      throw new ClosedResourceError(`${operation}: the sending direction of ${this.#describe()} has been ended`);
    }
  }

  #requireUnoccupied(operation: string): void {
    if (this.#closed) throw closedError(operation, this.#describe());
    if (this.#waiter.length > 0) throw busyError(operation, this.#describe(), 'sending on');
    if (this.#failed) throw this.#broken(operation, this.#error);
    if (this.#sending) {
      throw new BrokenResourceError(
        `${operation}: ${this.#describe()} is broken: a sendAll() was cancelled, and nobody knows how much it has sent`,
      );
    }
  }

  #broken(operation: string, error: unknown): BrokenResourceError {
    this.#failed = true;
    this.#error = error;
    return brokenError(operation, this.#describe(), error);
  }

  #writeTold(data: Uint8Array | ''): void {
    this.#unwritten++;
    this.#writable.write(data, (error) => {
      this.#unwritten--;
      if (error !== null && error !== undefined) this.fail(error);
      else if (!this.#writable.destroyed) this.#written();
    });
  }

  #waitForDirect(caller: Caller): Promise<void> {
    this.#unwritten++;
    this.#sending = true;
    this.#direct!.whenWritten(() => {
      this.#unwritten--;
      if (!this.#writable.destroyed) this.#written();
    });
    return this.#waiter.wait(undefined, caller);
  }

  #wait(caller: Caller): Promise<void> {
    this.#listen();
    return this.#waiter.wait(undefined, caller);
  }

  /** Most sockets never have somebody who waits for them. */
  #listen(): void {
    this.#stopListening ??= listen(this.#writable, {
      drain: () => this.#written(),
      finish: () => {
        this.#finished = true;
        this.#written();
      },
    });
  }

  #written(): void {
    if (this.#unwritten > 0 || (this.#ended && !this.isFinished)) return;
    if (this.#waiter.length === 0) return;
    this.#sending = false;
    this.#waiter.wakeFirst();
  }
}
