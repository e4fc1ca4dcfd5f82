import { BrokenResourceError, CancelScope, ClosedResourceError, openNursery } from '@tercet/core';
import { inspectAs, isError, runOutside, spawnSystemTask, WaitQueue } from '@tercet/core/lowlevel';
import { AsyncResource } from 'node:async_hooks';
import { Duplex } from 'node:stream';
import type { DuplexOptions } from 'node:stream';
import { isCancelledHere } from '../contract/is-cancelled-here.ts';
import { closeForcefully } from '../contract/close-forcefully.ts';
import type { ReceiveStream } from '../interfaces/receive-stream.ts';
import type { SendStream } from '../interfaces/send-stream.ts';

type Done = (error?: Error | null) => void;

/** What Node has to send; without data: the end. */
interface Job {
  readonly data: Uint8Array | undefined;
  readonly done: Done;
}

/** The directions of a bridge; one that is left out does not exist. */
export interface Directions {
  readonly send?: SendStream & { sendEof?(): Promise<void> };
  readonly receive?: ReceiveStream;
}

/** What streams that are sockets know of their peer. */
interface WithPeer {
  readonly remoteAddress?: { readonly address: string; readonly port: number };
}

/**
 * A stream of Node over one of ours. Node calls it from anywhere, while our operations have to run in a task: so each
 * bridge has a system task that moves the bytes. Listeners of the stream are called in the async context in which the
 * bridge was made, not in that of the task.
 */
export class BridgeDuplex extends Duplex {
  static {
    inspectAs(this, (bridge) => `Duplex over a stream of Tercet${bridge.destroyed ? ', destroyed' : ''}`);
  }

  readonly #directions: Directions;
  readonly #context = new AsyncResource('TERCET_BRIDGE');
  readonly #scope = new CancelScope();
  readonly #demand = new WaitQueue<void>('a reader of a stream of Node');
  readonly #work = new WaitQueue<Job>('a writer of a stream of Node');
  #wanted = false;
  #job: Job | undefined = undefined;
  #sentEnd = false;
  #isOver = false;
  #onOver: (() => void) | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;

  /** @throws {StateError} outside of a run. */
  constructor(directions: Directions) {
    // The types of Node do not know these two options of Duplex.
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

  // What libraries expect of a socket, HTTP of Node first of all.

  get remoteAddress(): string | undefined {
    return (this.#directions.receive as WithPeer | undefined)?.remoteAddress?.address;
  }

  get remotePort(): number | undefined {
    return (this.#directions.receive as WithPeer | undefined)?.remoteAddress?.port;
  }

  /**
   * Emits `'timeout'` when nothing has been sent or received for that many milliseconds. With 0 it never does, and
   * `listener` is taken off.
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
      this.#timer = runOutside(() => setTimeout(emit, milliseconds).unref());
    }
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

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
        // A stream that cannot be closed by halves has been closed as a whole by our own end.
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
      } catch {
        // The run is ending, or the stream is broken, which its user has been told already.
      }
    }
  }
}

function asError(error: unknown): Error {
  return isError(error) ? error : new BrokenResourceError('the stream has failed', { cause: error });
}
