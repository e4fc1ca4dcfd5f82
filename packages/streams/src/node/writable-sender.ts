import type { Writable } from 'node:stream';
import { BrokenResourceError, ClosedResourceError } from '@tercet/core';
import { currentCaller, rejected, WaitQueue } from '@tercet/core/lowlevel';
import type { Caller } from '@tercet/core/lowlevel';
import { describeType } from '../contract/describe-type.ts';
import { brokenError, busyError, closedError } from '../contract/stream-errors.ts';
import { toBytes } from '../contract/to-bytes.ts';
import { listen } from './listen.ts';

/**
 * How a {@link WritableSender} uses its writable.
 *
 * @example
 * import { PassThrough } from 'node:stream';
 *
 * // The owner of this sender listens for errors, and calls `fail` and `gone`.
 * const options: SenderOptions = { isTold: true };
 * const sender = new WritableSender(new PassThrough(), () => 'the download', 'openDownload()', options);
 */
export interface SenderOptions {
  /** Whether the writable is a socket of `node:net` or `node:tls`, so that an empty write costs nothing. */
  readonly isSocket?: boolean;
  /** Whether the owner calls `fail` and `gone`. Then the sender adds no listeners for them, which saves time per connection. */
  readonly isTold?: boolean;
}

/**
 * The sending half of a stream of Node.
 *
 * Implementation details:
 * - A write that Node finishes at once leaves its queue empty, and `sendAll` has nothing to wait for. That is the hot path.
 * - Otherwise `sendAll` waits until the queue is empty. If the queue has reached the high-water mark, `'drain'` reports that.
 *   Otherwise only the callback of a write does. But a write with a callback costs a tick, even when Node finishes it at once.
 * - So a socket is written to without a callback. When its queue is not empty afterwards, an empty write follows, and its
 *   callback comes when all bytes before it are written. On a socket an empty write costs nothing (benchmark `net`, ping-pong).
 *
 * A write cannot be withdrawn. After a `sendAll` that was cancelled while it waited, the rest of its bytes is still in Node's
 * queue, and it is unknown how many the peer will receive. So from then on this half is broken.
 *
 * @example
 * import { PassThrough } from 'node:stream';
 *
 * const writable = new PassThrough();
 * const sender = new WritableSender(writable, () => 'the download', 'openDownload()');
 * await sender.sendAll('hello'); // waits while the queue of the stream is full
 */
export class WritableSender {
  readonly #writable: Writable;
  readonly #describe: () => string;
  /** The task that waits in an operation, if any. */
  readonly #waiter = new WaitQueue<void>('room to send');
  /** Whether data is written without a callback, and an empty write with one follows when it is needed. */
  readonly #asksAfterwards: boolean;
  /** Number of writes whose callback has not come yet. */
  #unwritten = 0;
  /** True while bytes of a `sendAll` are in Node's queue. If no task waits, that `sendAll` was cancelled. */
  #sending = false;
  /** True once the writable has been ended, by this sender or before. */
  #ended = false;
  /** Removes the listeners for `'drain'` and `'finish'`; undefined until a task has to wait. */
  #stopListening: (() => void) | undefined = undefined;
  /** True once everything and the end has been written. */
  #finished = false;
  /** True once this side has closed the sender. */
  #closed = false;
  /** True once the writable has failed, or has closed before its end. */
  #failed = false;
  /** The reason, when `#failed` is true. */
  #error: unknown = undefined;

  /**
   * @param describe returns the name of the stream in errors, such as `the connection to 127.0.0.1:80`.
   * @param operation the name of the caller in the errors of this constructor, such as `fromWritable()`.
   * @throws {TypeError} when `writable` is not a writable stream of Node, or is in object mode.
   */
  constructor(writable: Writable, describe: () => string, operation: string, options: SenderOptions = {}) {
    if (typeof writable?.write !== 'function' || typeof writable.on !== 'function') {
      throw new TypeError(`${operation} takes a writable stream of Node, not ${describeType(writable)}`);
    }
    if (writable.writableObjectMode) {
      throw new TypeError(`${operation} takes a stream of bytes, and this one is in object mode`);
    }
    const { isSocket = false, isTold = false } = options;
    this.#writable = writable;
    this.#describe = describe;
    this.#asksAfterwards = isSocket;
    this.#ended = writable.writableEnded;
    this.#finished = writable.writableFinished;
    // 'close' is the last event, so all listeners are removed then.
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
      // The last event of a closed stream comes in the next tick at the latest.
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
      return rejected(error);
    }
    const writable = this.#writable;
    if (bytes.length > 0) {
      if (this.#asksAfterwards) writable.write(bytes);
      else this.#writeWithCallback(bytes);
      const { errored } = writable;
      if (errored !== null && errored !== undefined) return rejected(this.#broken('sendAll()', errored));
    }
    if (writable.writableLength === 0) return caller.ready(undefined);
    if (this.#asksAfterwards && !writable.writableNeedDrain) this.#writeWithCallback('');
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
      return rejected(error);
    }
    if (this.#writable.writableLength === 0) return caller.ready(undefined);
    if (!this.#writable.writableNeedDrain) this.#writeWithCallback('');
    return this.#wait(caller);
  }

  /** `sendEof` of the stream: ends the writable, and waits until everything has been written. */
  sendEof(): Promise<void> {
    const operation = 'sendEof()';
    const caller = currentCaller();
    const cancelled = caller.refuse(operation);
    if (cancelled !== undefined) return cancelled;
    try {
      this.#requireUnoccupied(operation);
    } catch (error) {
      return rejected(error);
    }
    this.#listen();
    if (!this.#ended) {
      this.#ended = true;
      this.#writable.end();
    }
    if (this.isFinished) return caller.ready(undefined);
    return this.#wait(caller);
  }

  /** Whether everything that was sent has been written, and the end too. */
  get isFinished(): boolean {
    return this.#finished || this.#writable.writableFinished;
  }

  /** Whether the writable can still be ended gracefully: it is not closed, has not failed, and no `sendAll` was cancelled. */
  get isIntact(): boolean {
    return !this.#closed && !this.#failed && !this.#sending;
  }

  /** Whether a `sendAll` was cancelled while it waited, so that it is unknown how much it has sent. */
  get isCutShort(): boolean {
    return this.#sending && this.#waiter.length === 0;
  }

  /** From now on sending fails, also for a task that waits. The writable itself is not closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiter.first?.fail(closedError('sendAll()', this.#describe()));
  }

  /** The writable has failed: from now on sending fails, also for a task that waits. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#error = error;
    this.#waiter.first?.fail(this.#broken('sendAll()', error));
  }

  /** The writable has emitted `'close'`. That is an error only if it has not finished. */
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
        `${operation}: ${this.#describe()} is broken: a sendAll() was cancelled, and it is unknown how much it has sent`,
      );
    }
  }

  #broken(operation: string, error: unknown): BrokenResourceError {
    this.#failed = true;
    this.#error = error;
    return brokenError(operation, this.#describe(), error);
  }

  #writeWithCallback(data: Uint8Array | ''): void {
    this.#unwritten++;
    this.#writable.write(data, (error) => {
      this.#unwritten--;
      if (error !== null && error !== undefined) this.fail(error);
      else if (!this.#writable.destroyed) this.#written();
    });
  }

  #wait(caller: Caller): Promise<void> {
    this.#listen();
    return this.#waiter.wait(undefined, caller);
  }

  /** Listens once a task has to wait: on most sockets, no task ever does. */
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
