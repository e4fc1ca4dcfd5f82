import { currentCaller, inspectAs, WaitQueue } from '@tercet/core/lowlevel';
import type { Caller, Waiter } from '@tercet/core/lowlevel';
import { copyOf } from '../memory/chunk-memory.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { describeType } from '../contract/describe-type.ts';
import { requireMaxBytes } from '../contract/require-max-bytes.ts';
import { brokenError, busyError, closedError } from '../contract/stream-errors.ts';

/** Where the bytes of a {@link ReceiveBuffer} come from. */
export interface ByteSource {
  /** What the stream is called in errors: `the connection to 127.0.0.1:80`. */
  describe(): string;
  /** Called when there is room again, after `push` had returned false. */
  resume(): void;
}

const operation = 'receiveSome()';

/**
 * The receiving half of a stream whose bytes are pushed, by events: holds what nobody has asked for yet, up to a limit,
 * and gives it to the one task that may ask at a time.
 *
 * Nothing is lost when a receiver is cancelled, because bytes leave the buffer only for a receiver that is there. What
 * has come before the end, or before an error, is given first.
 */
export class ReceiveBuffer {
  static {
    inspectAs(this, (buffer) => `ReceiveBuffer ${buffer.#state}, ${buffer.#chunks.size} bytes`);
  }

  readonly #source: ByteSource;
  readonly #limit: number;
  // What the receiver brings along: the most it takes, or where it wants to have it.
  readonly #receiver = new WaitQueue<Uint8Array | number | null, number | Uint8Array>('bytes');
  readonly #chunks = new ChunkQueue();
  #full = false;
  #isHeld = false;
  #state: 'open' | 'ended' | 'broken' | 'closed' = 'open';
  #error: unknown = undefined;

  /** @param limit from how many bytes on the source should stop. */
  constructor(source: ByteSource, limit: number) {
    this.#source = source;
    this.#limit = limit;
  }

  /** How many bytes wait to be received. */
  get size(): number {
    return this.#chunks.size;
  }

  /** Tells that the source has stopped although there is room: `resume` is called when somebody has to wait. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Whether nothing can come any more: it has ended, or is broken or closed. */
  get isDone(): boolean {
    return this.#state !== 'open';
  }

  /** Whether a task waits for bytes. */
  get hasReceiver(): boolean {
    return this.#receiver.length > 0;
  }

  /** Whether a task waits that takes any number of them. */
  get takesAll(): boolean {
    return this.#receiver.first?.payload === Infinity;
  }

  /**
   * Hands in bytes, which from now on belong to the buffer. For events: neither throws nor runs code of the user.
   *
   * @returns whether there is room for more; if not, `resume` of the source is called when there is.
   */
  push(chunk: Uint8Array): boolean {
    if (this.#state !== 'open' || chunk.length === 0) return true;
    const receiver = this.#receiver.first;
    if (receiver === undefined) return this.#keep(chunk);
    const { payload } = receiver;
    if (typeof payload !== 'number') return this.#fill(receiver, payload, chunk);
    if (chunk.length <= payload) {
      receiver.wake(chunk);
      return true;
    }
    receiver.wake(chunk.subarray(0, payload));
    return this.#keep(chunk.subarray(payload));
  }

  /** The same with bytes that are only lent, for the time of the call: they are copied to where they are needed. */
  pushCopy(lent: Uint8Array): boolean {
    const receiver = this.#receiver.first;
    if (receiver === undefined || typeof receiver.payload === 'number') return this.push(copyOf(lent));
    return this.#fill(receiver, receiver.payload, lent, true);
  }

  /** Nothing more will come. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#receiver.wakeFirst(null);
  }

  /** Nothing more will come, because of an error. */
  fail(error: unknown): void {
    if (this.#state !== 'open') return;
    this.#state = 'broken';
    this.#error = error;
    this.#receiver.first?.fail(brokenError(operation, this.#source.describe(), error));
  }

  /** This side is no longer interested: drops what is there. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#chunks.clear();
    this.#receiver.first?.fail(closedError(operation, this.#source.describe()));
  }

  /** Fails the task that waits for bytes, if one does; nothing else changes. */
  interrupt(error: unknown): void {
    this.#receiver.first?.fail(error);
  }

  /** `receiveSome` of the stream. */
  receive(maxBytes?: number): Promise<Uint8Array | null> {
    const caller = currentCaller();
    const cancelled = caller.refuse(operation);
    if (cancelled !== undefined) return cancelled;
    let most = Infinity;
    if (maxBytes !== undefined) {
      try {
        most = requireMaxBytes(maxBytes, Infinity);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    if (this.#state === 'closed') return Promise.reject(closedError(operation, this.#source.describe()));
    if (this.#receiver.length > 0) {
      return Promise.reject(busyError(operation, this.#source.describe(), 'receiving from'));
    }
    if (this.#chunks.size > 0) return caller.ready(this.#take(most));
    if (this.#state === 'open') return this.#wait(most, caller) as Promise<Uint8Array | null>;
    if (this.#state === 'ended') return caller.ready(null);
    return Promise.reject(brokenError(operation, this.#source.describe(), this.#error));
  }

  /** `receiveInto` of the stream: fills the beginning of `target`, and returns how many bytes that were. */
  receiveInto(target: Uint8Array): Promise<number | null> {
    const into = 'receiveInto()';
    const caller = currentCaller();
    const cancelled = caller.refuse(into);
    if (cancelled !== undefined) return cancelled;
    const name = (): string => this.#source.describe();
    if (!ArrayBuffer.isView(target) || (target as Uint8Array)[Symbol.toStringTag] !== 'Uint8Array') {
      return Promise.reject(new TypeError(`${into} takes a Uint8Array, not ${describeType(target)}`));
    }
    if (target.length === 0) return Promise.reject(new RangeError(`${into}: there must be room for at least one byte`));
    if (this.#state === 'closed') return Promise.reject(closedError(into, name()));
    if (this.#receiver.length > 0) return Promise.reject(busyError(into, name(), 'receiving from'));
    if (this.#chunks.size > 0) {
      const chunk = this.#take(target.length);
      target.set(chunk);
      return caller.ready(chunk.length);
    }
    if (this.#state === 'open') return this.#wait(target, caller) as Promise<number | null>;
    if (this.#state === 'ended') return caller.ready(null);
    return Promise.reject(brokenError(into, name(), this.#error));
  }

  /** Takes out all that waits, for somebody who goes on with the source without this buffer. */
  takeAll(): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    while (this.#chunks.size > 0) chunks.push(this.#take(Infinity));
    return chunks;
  }

  #wait(wanted: number | Uint8Array, caller: Caller): Promise<Uint8Array | number | null> {
    if (this.#isHeld) {
      this.#isHeld = false;
      this.#source.resume();
    }
    return this.#receiver.wait(wanted, caller);
  }

  #keep(chunk: Uint8Array): boolean {
    this.#chunks.push(chunk);
    this.#full = this.#chunks.size >= this.#limit;
    return !this.#full;
  }

  #fill(receiver: Waiter<number, unknown>, target: Uint8Array, chunk: Uint8Array, lent = false): boolean {
    if (chunk.length <= target.length) {
      target.set(chunk);
      receiver.wake(chunk.length);
      return true;
    }
    target.set(chunk.subarray(0, target.length));
    const rest = chunk.subarray(target.length);
    receiver.wake(target.length);
    return this.#keep(lent ? copyOf(rest) : rest);
  }

  #take(most: number): Uint8Array {
    const taken = this.#chunks.take(most);
    if (this.#full && this.#chunks.size < this.#limit) {
      this.#full = false;
      this.#source.resume();
    }
    return taken;
  }
}
