import { BrokenResourceError, CancelScope, ClosedResourceError, openNursery } from '@tercet/core';
import { inspectAs, isError, runOutside, spawnSystemTask, WaitQueue } from '@tercet/core/lowlevel';
import { AsyncResource } from 'node:async_hooks';
import { Duplex } from 'node:stream';
import type { DuplexOptions } from 'node:stream';
import { isCancelledHere } from '../contract/is-cancelled-here.ts';
import { closeForcefully } from '../contract/close-forcefully.ts';
import type { ReceiveStream } from '../interfaces/receive-stream.ts';
import type { SendStream } from '../interfaces/send-stream.ts';

/** Node takes a longer delay, in milliseconds, for 1. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

type Done = (error?: Error | null) => void;

/** A write of Node that the bridge has to send; the end if it has no data. */
interface Job {
  readonly data: Uint8Array | undefined;
  readonly done: Done;
}

/** The directions of a bridge. A direction that is left out does not exist. */
export interface Directions {
  readonly send?: SendStream & { sendEof?(): Promise<void> };
  readonly receive?: ReceiveStream;
}

/** The address of the peer, which streams over sockets have. */
interface WithPeer {
  readonly remoteAddress?: { readonly address: string; readonly port: number };
}

/**
 * A duplex stream of Node over a stream of Tercet, also called an adapter.
 *
 * Node may call it from anywhere, while the operations of Tercet have to run in a task. So each bridge has a system task with
 * a child for each direction, which waits until Node asks for bytes (`#demand`) or has some to send (`#work`). Listeners are
 * called in the async context in which the bridge was made, not in that of the task.
 *
 * `destroy()` cancels the scope of the system task. Node's `'close'` comes when that task has ended.
 */
export class BridgeDuplex extends Duplex {
  static {
    inspectAs(this, (bridge) => `Duplex over a stream of Tercet${bridge.destroyed ? ', destroyed' : ''}`);
  }

  readonly #directions: Directions;
  /** The async context in which the bridge was made. */
  readonly #context = new AsyncResource('TERCET_BRIDGE');
  /** Holds the system task. Cancelled when the duplex is destroyed. */
  readonly #scope = new CancelScope();
  /** The task that receives, while it waits for a `_read`. */
  readonly #demand = new WaitQueue<void>('a reader of a stream of Node');
  /** The task that sends, while it waits for a write. */
  readonly #work = new WaitQueue<Job>('a writer of a stream of Node');
  /** True from a `_read` until the task that receives begins to receive. */
  #wanted = false;
  /** A write that came while no task waited for it. Node makes no second one before it is done. */
  #job: Job | undefined = undefined;
  /** True once the end has been sent, or is being sent. */
  #sentEnd = false;
  /** True once the system task has ended. */
  #isOver = false;
  /** Ends `_destroy`; defined while that waits for the system task. */
  #onOver: (() => void) | undefined = undefined;
  /** The timer of `setTimeout`. */
  #timer: NodeJS.Timeout | undefined = undefined;

  /** @throws {StateError} outside of a run. */
  constructor(directions: Directions) {
    // Node's types lack these two options of Duplex.
    super({ readable: directions.receive !== undefined, writable: directions.send !== undefined } as DuplexOptions);
    this.#directions = directions;
    spawnSystemTask(() => this.#bridge());
  }

  override _read(): void {
    this.#wanted = true;
    this.#demand.wakeFirst();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#do({ data: chunk, done });
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: Done): void {
    this.#do({ data: Buffer.concat(chunks.map(({ chunk }) => chunk)), done });
  }

  override _final(done: Done): void {
    this.#do({ data: undefined, done });
  }

  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return done(error);
    this.#onOver = () => done(error);
    this.#scope.cancel('the stream of Node over it was destroyed');
  }

  // Libraries, above all Node's HTTP, expect the following of a socket.

  get remoteAddress(): string | undefined {
    return (this.#directions.receive as WithPeer | undefined)?.remoteAddress?.address;
  }

  get remotePort(): number | undefined {
    return (this.#directions.receive as WithPeer | undefined)?.remoteAddress?.port;
  }

  /**
   * Emits `'timeout'` when nothing has been sent or received for this number of milliseconds. With 0 it never does, and
   * `listener` is removed.
   */
  setTimeout(milliseconds: number, listener?: () => void): this {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (listener !== undefined) {
      if (milliseconds > 0) this.once('timeout', listener);
      else this.off('timeout', listener);
    }
    if (milliseconds > 0 && !this.destroyed) {
      const emit = (): unknown => this.#context.runInAsyncScope(() => this.emit('timeout'));
      this.#timer = runOutside(() => setTimeout(emit, Math.min(milliseconds, LONGEST_TIMEOUT)).unref());
    }
    return this;
  }

  /** Does nothing. */
  setNoDelay(): this {
    return this;
  }

  /** Does nothing. */
  setKeepAlive(): this {
    return this;
  }

  /** Does nothing: the run keeps the process alive. */
  ref(): this {
    return this;
  }

  /** Does nothing: the run keeps the process alive. */
  unref(): this {
    return this;
  }

  async #bridge(): Promise<void> {
    const { send, receive } = this.#directions;
    try {
      await this.#scope.run(async () => {
        await openNursery((nursery) => {
          if (receive !== undefined) nursery.startSoon(() => this.#receive(receive));
          if (send !== undefined) nursery.startSoon(() => this.#send(send));
        });
        await send?.close();
        await receive?.close();
      });
      // oxlint-disable-next-line @tercet/no-swallowed-cancel -- it becomes the error of Node's stream
    } catch (error) {
      if (isCancelledHere(error)) this.#fail(new ClosedResourceError('the run of the stream has ended'));
      else this.#fail(error);
    } finally {
      await this.#closeForcefully();
      this.#isOver = true;
      if (this.#onOver !== undefined) this.#context.runInAsyncScope(this.#onOver);
    }
  }

  async #receive(stream: ReceiveStream): Promise<void> {
    for (;;) {
      if (!this.#wanted) await this.#demand.wait(undefined);
      this.#wanted = false;
      let chunk: Uint8Array | null;
      try {
        chunk = await stream.receiveSome();
      } catch (error) {
        if (isCancelledHere(error)) throw error;
        // A stream without sendEof() was closed as a whole when we sent the end.
        if (!(this.#sentEnd && error instanceof ClosedResourceError)) return this.#fail(error);
        chunk = null;
      }
      this.#timer?.refresh();
      this.#context.runInAsyncScope(() => this.push(chunk));
      if (chunk === null) return;
    }
  }

  async #send(stream: SendStream & { sendEof?(): Promise<void> }): Promise<void> {
    for (;;) {
      const { data, done } = this.#job ?? (await this.#work.wait(undefined));
      this.#job = undefined;
      try {
        if (data !== undefined) {
          await stream.sendAll(data);
        } else {
          this.#sentEnd = true;
          await (stream.sendEof === undefined ? stream.close() : stream.sendEof());
        }
      } catch (error) {
        if (isCancelledHere(error)) throw error;
        return this.#context.runInAsyncScope(done, undefined, asError(error));
      }
      this.#timer?.refresh();
      this.#context.runInAsyncScope(done);
      if (data === undefined) return;
    }
  }

  #do(job: Job): void {
    if (!this.#work.wakeFirst(job)) this.#job = job;
  }

  #fail(error: unknown): void {
    this.#context.runInAsyncScope(() => this.destroy(asError(error)));
  }

  async #closeForcefully(): Promise<void> {
    for (const stream of [this.#directions.send, this.#directions.receive]) {
      try {
        if (stream !== undefined) await closeForcefully(stream);
        // oxlint-disable-next-line @tercet/no-swallowed-cancel -- the caller is ending
      } catch {
        // The run is ending, or the stream is broken and its user already has the error.
      }
    }
  }
}

function asError(error: unknown): Error {
  return isError(error) ? error : new BrokenResourceError('the stream has failed', { cause: error });
}
