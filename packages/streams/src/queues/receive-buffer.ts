import { currentCaller, inspectAs, rejected, WaitQueue } from '@tercet/core/lowlevel';
import type { Caller, Waiter } from '@tercet/core/lowlevel';
import { addBallast } from '../memory/ballast.ts';
import { copyOf } from '../memory/chunk-memory.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { describeType } from '../contract/describe-type.ts';
import { requireMaxBytes } from '../contract/require-max-bytes.ts';
import { brokenError, busyError, closedError } from '../contract/stream-errors.ts';

/**
 * Where the bytes of a {@link ReceiveBuffer} come from.
 *
 * @example
 * import { Readable } from 'node:stream';
 *
 * const readable = Readable.from(['hello'], { objectMode: false });
 * const source: ByteSource = {
 *   describe: () => 'the upload',
 *   resume: () => void readable.resume(), // there is room again
 * };
 */
export interface ByteSource {
  /** The name of the stream in errors: `the connection to 127.0.0.1:80`. */
  describe(): string;
  /** Called when there is room again after `push` has returned false, and after `hold` when a task has to wait. */
  resume(): void;
}

const operation = 'receiveSome()';

/**
 * The receiving half of a stream whose bytes are pushed, by events for instance. It keeps bytes until a task receives them,
 * and stops its source at a limit. One task may receive at a time.
 *
 * Cancelling a receiver loses nothing, because bytes leave the buffer only for a task that waits for them. Bytes that came
 * before the end or before an error are received first.
 *
 * @example
 * import { PassThrough } from 'node:stream';
 *
 * const source = new PassThrough();
 * const buffer = new ReceiveBuffer({ describe: () => 'the input', resume: () => void source.resume() }, 64 * 1024);
 * source.on('data', (chunk: Uint8Array) => buffer.push(chunk) || source.pause());
 * source.on('end', () => buffer.end());
 * source.end('hello');
 * await buffer.receive(); // the bytes of 'hello'
 * await buffer.receive(); // null: the end
 */
export class ReceiveBuffer {
  static {
    inspectAs(this, (buffer) => `ReceiveBuffer ${buffer.#state}, ${buffer.#chunks.size} bytes`);
  }

  readonly #source: ByteSource;
  readonly #limit: number;
  /**
   * The task that waits, if any, and only while there are no chunks. The payload is the most that it takes, in bytes, or the
   * memory that it wants filled; it is woken with a chunk or with the number of bytes filled in.
   */
  readonly #receiver = new WaitQueue<Uint8Array | number | null, number | Uint8Array>('bytes');
  /** Bytes that have been pushed and not yet received; empty once closed. */
  readonly #chunks = new ChunkQueue();
  /** True from when `push` has returned false until the source is resumed. */
  #full = false;
  /** True from `hold` until a task waits, which resumes the source. */
  #isHeld = false;
  /** Leaves `open` once; of the other states, only `closed` can follow. */
  #state: 'open' | 'ended' | 'broken' | 'closed' = 'open';
  /** The reason, when the state is `broken`. */
  #error: unknown = undefined;

  /** @param limit number of buffered bytes at which the source has to stop. */
  constructor(source: ByteSource, limit: number) {
    this.#source = source;
    this.#limit = limit;
  }

  /** Number of bytes that can be received at once. */
  get size(): number {
    return this.#chunks.size;
  }

  /** The source has stopped although there is room. It is resumed as soon as a task has to wait. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Whether no more bytes can be pushed: the stream has ended, or is broken or closed. */
  get isDone(): boolean {
    return this.#state !== 'open';
  }

  /** Whether a task waits for bytes. */
  get hasReceiver(): boolean {
    return this.#receiver.length > 0;
  }

  /**
   * Adds bytes, which from now on belong to the buffer. Safe to call from events: it neither throws nor runs code of the user.
   *
   * @returns whether there is room for more. If not, the source's `resume` is called when there is.
   */
  push(chunk: Uint8Array): boolean {
    if (this.#state !== 'open' || chunk.length === 0) return true;
    const receiver = this.#receiver.first;
    if (receiver === undefined) {
      addBallast(chunk.length);
      return this.#keep(chunk);
    }
    const { payload } = receiver;
    if (typeof payload !== 'number') return this.#fill(receiver, payload, chunk);
    addBallast(chunk.length);
    if (chunk.length <= payload) {
      receiver.wake(chunk);
      return true;
    }
    receiver.wake(chunk.subarray(0, payload));
    return this.#keep(chunk.subarray(payload));
  }

  /** `push` for bytes that may be overwritten after the call: it copies them. */
  pushCopy(lent: Uint8Array): boolean {
    const receiver = this.#receiver.first;
    if (receiver === undefined || typeof receiver.payload === 'number') return this.push(copyOf(lent));
    return this.#fill(receiver, receiver.payload, lent, true);
  }

  /** The source has ended. A receiver gets the remaining bytes, and then `null`. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#receiver.wakeFirst(null);
  }

  /** The source has failed. A receiver gets the remaining bytes, and then the error. */
  fail(error: unknown): void {
    if (this.#state !== 'open') return;
    this.#state = 'broken';
    this.#error = error;
    this.#receiver.first?.fail(brokenError(operation, this.#source.describe(), error));
  }

  /** Drops all bytes. From now on receiving fails, also for a task that waits. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#chunks.clear();
    this.#receiver.first?.fail(closedError(operation, this.#source.describe()));
  }

  /** Fails the task that waits for bytes, if there is one. Nothing else changes. */
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
        return rejected(error);
      }
    }
    if (this.#state === 'closed') return rejected(closedError(operation, this.#source.describe()));
    if (this.#receiver.length > 0) {
      return rejected(busyError(operation, this.#source.describe(), 'receiving from'));
    }
    if (this.#chunks.size > 0) return caller.ready(this.#take(most));
    if (this.#state === 'open') return this.#wait(most, caller) as Promise<Uint8Array | null>;
    if (this.#state === 'ended') return caller.ready(null);
    return rejected(brokenError(operation, this.#source.describe(), this.#error));
  }

  /** `receiveInto` of the stream: fills the beginning of `target`, and returns the number of bytes. */
  receiveInto(target: Uint8Array): Promise<number | null> {
    const into = 'receiveInto()';
    const caller = currentCaller();
    const cancelled = caller.refuse(into);
    if (cancelled !== undefined) return cancelled;
    const name = (): string => this.#source.describe();
    if (!ArrayBuffer.isView(target) || (target as Uint8Array)[Symbol.toStringTag] !== 'Uint8Array') {
      return rejected(new TypeError(`${into} takes a Uint8Array, not ${describeType(target)}`));
    }
    if (target.length === 0) return rejected(new RangeError(`${into}: there must be room for at least one byte`));
    if (this.#state === 'closed') return rejected(closedError(into, name()));
    if (this.#receiver.length > 0) return rejected(busyError(into, name(), 'receiving from'));
    if (this.#chunks.size > 0) {
      const chunk = this.#take(target.length);
      target.set(chunk);
      return caller.ready(chunk.length);
    }
    if (this.#state === 'open') return this.#wait(target, caller) as Promise<number | null>;
    if (this.#state === 'ended') return caller.ready(null);
    return rejected(brokenError(into, name(), this.#error));
  }

  /** Takes all bytes out, for code that goes on with the source without this buffer. */
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
