import { BrokenResourceError, checkpoint } from '@tercet/core';
import { currentCaller, inspectAs, rejected, WaitQueue } from '@tercet/core/lowlevel';
import type { Caller } from '@tercet/core/lowlevel';
import { brokenError, busyError, closedError, toBytes } from '@tercet/streams/lowlevel';
import type { Sendable, SendStream } from '@tercet/streams';
import { StandardOutput } from './standard-output.ts';

/** A stream to an output of this program. There may be several; closing one leaves the others open. */
export class StandardSendStream implements SendStream {
  static {
    inspectAs(this, (stream) => `SendStream of this program's ${stream.#name}`);
  }

  readonly #name: 'stdout' | 'stderr';
  readonly #output: StandardOutput;
  /** The task whose write is pending; at most one. */
  readonly #waiter: WaitQueue<void>;
  /** The number of writes so far. Only the callback of the last one wakes the waiter: others belong to cancelled calls. */
  #writes = 0;
  /** True while Node has the bytes of a `sendAll`. True without a waiter means that this `sendAll` was cancelled. */
  #sending = false;
  /** Set once a write has failed: the stream is broken from then on. */
  #error: { readonly cause: unknown } | undefined = undefined;
  #closed = false;

  constructor(name: 'stdout' | 'stderr') {
    this.#name = name;
    this.#output = StandardOutput.of(name);
    this.#waiter = new WaitQueue(`room in ${name}`);
    this.#output.hold();
  }

  sendAll(data: Sendable): Promise<void> {
    return this.#send('sendAll()', data);
  }

  waitSendAllMightNotBlock(): Promise<void> {
    return this.#send('waitSendAllMightNotBlock()', '');
  }

  /** Waits until everything sent on this stream has been written. */
  async close(): Promise<void> {
    if (this.#closed) return await checkpoint();
    this.#closed = true;
    const isIntact = !this.#sending && this.#error === undefined;
    this.#waiter.first?.fail(closedError('sendAll()', this.#description));
    try {
      if (!isIntact || this.#output.isClear) await checkpoint();
      else await this.#write('', currentCaller());
    } catch (error) {
      if (!(error instanceof BrokenResourceError)) throw error;
    } finally {
      this.#output.release();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #description(): string {
    return `this stream to ${this.#name}`;
  }

  #send(operation: string, data: Sendable): Promise<void> {
    const caller = currentCaller();
    const cancelled = caller.refuse(operation);
    if (cancelled !== undefined) return cancelled;
    let bytes: Uint8Array;
    try {
      bytes = toBytes(data, operation);
      this.#requireUsable(operation);
    } catch (error) {
      return rejected(error);
    }
    if (bytes.length === 0) return this.#output.isClear ? caller.ready(undefined) : this.#write('', caller);
    this.#sending = true;
    return this.#write(bytes, caller);
  }

  #write(bytes: Uint8Array | '', caller: Caller): Promise<void> {
    const output = this.#output;
    const write = ++this.#writes;
    const outcome = output.write(bytes, (error) => this.#written(write, error));
    const { errored } = output;
    if (errored !== undefined) return rejected(this.#break(errored));
    if (outcome !== 'written') return this.#waiter.wait(undefined, caller);
    this.#sending = false;
    return caller.ready(undefined);
  }

  #written(write: number, error: unknown): void {
    if (error !== undefined) {
      this.#waiter.first?.fail(this.#break(error));
      return;
    }
    if (write !== this.#writes || this.#waiter.length === 0) return;
    this.#sending = false;
    this.#waiter.wakeFirst();
  }

  #break(cause: unknown): BrokenResourceError {
    this.#error = { cause };
    return brokenError('sendAll()', this.#description, cause);
  }

  #requireUsable(operation: string): void {
    if (this.#closed) throw closedError(operation, this.#description);
    if (this.#waiter.length > 0) throw busyError(operation, this.#description, 'sending on');
    if (this.#error !== undefined) throw brokenError(operation, this.#description, this.#error.cause);
    if (this.#sending) {
      throw new BrokenResourceError(
        `${operation}: ${this.#description} is broken: a sendAll() was cancelled after it had sent an unknown part of its data`,
      );
    }
  }
}
