import { checkpoint } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import { ConflictDetector, toBytes } from '@tercet/streams/lowlevel';
import type { Sendable, SendStream } from '@tercet/streams';
import { ByteQueue } from './byte-queue.ts';
import { twoCheckpoints } from './two-checkpoints.ts';

/** What a {@link MemorySendStream} calls, besides what it does itself. */
export interface MemorySendStreamHooks {
  /** Called by `sendAll` when the data is in memory, and awaited. */
  readonly sendAllHook?: () => unknown;
  /** Called by `waitSendAllMightNotBlock`, and awaited: it blocks as long as this does. */
  readonly waitSendAllMightNotBlockHook?: () => unknown;
  /** Called by `close`, synchronously, also when it is closed again. */
  readonly closeHook?: () => void;
}

/**
 * A stream that keeps in memory what is sent, for the test to look at. It never blocks by itself; hooks, which may be
 * exchanged at any time, make it block, fail, or pass the data on.
 *
 * @example
 * const stream = new MemorySendStream();
 * await sayHello(stream);
 * expect(decode(stream.getDataNowait())).toBe('hello');
 */
export class MemorySendStream implements SendStream {
  static {
    inspectAs(this, (stream) => `MemorySendStream${stream.#closed ? ': closed' : ''}`);
  }

  sendAllHook: (() => unknown) | undefined;
  waitSendAllMightNotBlockHook: (() => unknown) | undefined;
  closeHook: (() => void) | undefined;

  readonly #sending = new ConflictDetector('another task is using this stream');
  readonly #outgoing = new ByteQueue();
  #closed = false;

  constructor(hooks: MemorySendStreamHooks = {}) {
    this.sendAllHook = hooks.sendAllHook;
    this.waitSendAllMightNotBlockHook = hooks.waitSendAllMightNotBlockHook;
    this.closeHook = hooks.closeHook;
  }

  /**
   * Puts the data into memory, then calls the hook. A checkpoint.
   *
   * @throws {BusyResourceError} when another task is sending, or waits to.
   * @throws {ClosedResourceError} when the stream is closed. @throws what the hook throws.
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
   * Calls the hook, and returns when that does. A checkpoint.
   *
   * @throws {BusyResourceError} when another task is sending, or waits to.
   * @throws {ClosedResourceError} when the stream is closed. @throws what the hook throws.
   */
  waitSendAllMightNotBlock(): Promise<void> {
    return this.#sending.run(async () => {
      await twoCheckpoints();
      this.#outgoing.put('');
      await this.waitSendAllMightNotBlockHook?.();
    });
  }

  /**
   * Closes the stream, at the moment of the call: what is in memory can still be fetched, and `null` follows. A checkpoint.
   *
   * @throws {Cancelled} when the scope is cancelled; it is closed all the same. @throws what the hook throws.
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
   * Takes out of memory what has been sent, and waits until there is something. A checkpoint.
   *
   * @param maxBytes the most to take; everything when left out.
   * @returns `null` when the stream is closed and everything has been taken.
   * @throws {BusyResourceError} when another task is doing this.
   * @throws {RangeError} when `maxBytes` is less than 1. @throws {TypeError} when it is not an integer.
   */
  getData(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#outgoing.get(maxBytes);
  }

  /**
   * `getData` without waiting.
   *
   * @throws {WouldBlock} when there is nothing. @throws {BusyResourceError} when a task is in `getData`.
   */
  getDataNowait(maxBytes?: number): Uint8Array | null {
    return this.#outgoing.getNowait(maxBytes);
  }
}
