import { checkpoint } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import { ConflictDetector, toBytes } from '@tercet/streams/lowlevel';
import type { Sendable, SendStream } from '@tercet/streams';
import { ByteQueue } from './byte-queue.ts';
import { twoCheckpoints } from './two-checkpoints.ts';

/**
 * Functions that a {@link MemorySendStream} calls in its operations.
 *
 * @example
 * const sent: (Uint8Array | null)[] = [];
 * const hooks: MemorySendStreamHooks = {
 *   sendAllHook: () => sleep(5), // a slow peer
 *   closeHook: () => console.log('closed'),
 * };
 * const stream = new MemorySendStream(hooks);
 * await stream.sendAll('hello');
 * sent.push(stream.getDataNowait());
 */
export interface MemorySendStreamHooks {
  /** Called and awaited by `sendAll` when the data is in memory. */
  readonly sendAllHook?: () => unknown;
  /** Called and awaited by `waitSendAllMightNotBlock`, which returns when the hook does. */
  readonly waitSendAllMightNotBlockHook?: () => unknown;
  /** Called synchronously by every `close`. */
  readonly closeHook?: () => void;
}

/**
 * A stream that keeps sent data in memory, where the test can read it. Sending never blocks. Hooks make it block or fail, or
 * pass the data on. They may be replaced at any time.
 *
 * @example
 * const stream = new MemorySendStream();
 * await stream.sendAll('hello'); // what the code under test does
 * Buffer.from(stream.getDataNowait()!).toString(); // 'hello'
 */
export class MemorySendStream implements SendStream {
  static {
    inspectAs(this, (stream) => `MemorySendStream${stream.#closed ? ': closed' : ''}`);
  }

  sendAllHook: (() => unknown) | undefined;
  waitSendAllMightNotBlockHook: (() => unknown) | undefined;
  closeHook: (() => void) | undefined;

  readonly #sending = new ConflictDetector('another task is using this stream');
  /** The data that has been sent and not been taken out. Closed by `close`. */
  readonly #outgoing = new ByteQueue();
  #closed = false;

  constructor(hooks: MemorySendStreamHooks = {}) {
    this.sendAllHook = hooks.sendAllHook;
    this.waitSendAllMightNotBlockHook = hooks.waitSendAllMightNotBlockHook;
    this.closeHook = hooks.closeHook;
  }

  /**
   * Stores the data in memory, and then calls the hook. A checkpoint.
   *
   * @throws {BusyResourceError} when another task is sending, or waits to send.
   * @throws {ClosedResourceError} when the stream is closed. @throws any error of the hook.
   */
  sendAll(data: Sendable): Promise<void> {
    return this.#sending.run(async () => {
      const bytes = toBytes(data, 'sendAll()');
      await twoCheckpoints();
      this.#outgoing.put(bytes);
      await this.sendAllHook?.();
    });
  }

  /**
   * Calls the hook, and returns when that returns. A checkpoint.
   *
   * @throws {BusyResourceError} when another task is sending, or waits to send.
   * @throws {ClosedResourceError} when the stream is closed. @throws any error of the hook.
   */
  waitSendAllMightNotBlock(): Promise<void> {
    return this.#sending.run(async () => {
      await twoCheckpoints();
      this.#outgoing.put('');
      await this.waitSendAllMightNotBlockHook?.();
    });
  }

  /**
   * Closes the stream as soon as it is called. Data in memory can still be taken out, and then comes `null`. A checkpoint.
   *
   * @throws {Cancelled} when the scope is cancelled. The stream is closed nevertheless. @throws any error of the hook.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#outgoing.close();
    this.closeHook?.();
    await checkpoint();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Waits until data has been sent, and takes it out of memory. A checkpoint.
   *
   * @param maxBytes the largest number of bytes to take; all of them when left out.
   * @returns `null` when the stream is closed and all data has been taken out.
   * @throws {BusyResourceError} when another task is in `getData`.
   * @throws {RangeError} when `maxBytes` is less than 1. @throws {TypeError} when it is not an integer.
   */
  getData(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#outgoing.get(maxBytes);
  }

  /**
   * `getData` without waiting.
   *
   * @throws {WouldBlock} when there is no data. @throws {BusyResourceError} when a task is in `getData`.
   */
  getDataNowait(maxBytes?: number): Uint8Array | null {
    return this.#outgoing.getNowait(maxBytes);
  }
}
