import { read } from 'node:fs';
import { ready, rejectIfCancelled, suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import type { CapacityLimiter } from '@tercet/sync';
import { settle } from '../pool/settle.ts';
import { poolLimiter } from '../pool/pool-limiter.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';

/** A read that begins before a task waits for it. */
export class ReadAhead {
  readonly target: Buffer;
  readonly #attempted: string;
  /** True once the read has ended: `#error` or `#count` is its result. */
  #ended = false;
  #error: Error | null = null;
  #count = 0;
  /** The waiting task, if there is one. */
  #waker: Waker<number> | undefined = undefined;

  /** Begins to read at a position. @returns `undefined` when the limiter has no token left. */
  static begin(
    fd: number,
    target: Buffer,
    position: number,
    attempted: string,
    options: ThreadPoolOptions,
  ): ReadAhead | undefined {
    const limiter = poolLimiter(options);
    if (limiter.availableTokens <= 0) return undefined;
    const ahead = new ReadAhead(target, attempted);
    limiter.acquireOnBehalfOfNowait(ahead);
    read(fd, target, 0, target.length, position, (error, count) => ahead.#end(limiter, error, count));
    return ahead;
  }

  private constructor(target: Buffer, attempted: string) {
    this.target = target;
    this.#attempted = attempted;
  }

  get ended(): boolean {
    return this.#ended;
  }

  #end(limiter: CapacityLimiter, error: Error | null, count: number): void {
    limiter.releaseOnBehalfOf(this);
    this.#ended = true;
    this.#error = error;
    this.#count = count;
    this.#settleWaiter();
  }

  #settleWaiter(): void {
    if (this.#waker !== undefined) settle(this.#waker, this.#attempted, this.#error, this.#count);
  }

  /** The number of bytes read; 0 at the end of the file. A checkpoint; a cancelled call waits for the end of the read. */
  async result(): Promise<number> {
    await rejectIfCancelled(this.#attempted);
    if (this.#ended && this.#error === null) return ready(this.#count, this.#attempted);
    return this.#wait();
  }

  /** Waits for the end of the read, successful or not, even in a cancelled scope. */
  async settle(): Promise<void> {
    if (!this.#ended) await this.#wait().catch(() => undefined);
  }

  #wait(): Promise<number> {
    return suspend<number>(this.#attempted, (waker) => {
      this.#waker = waker;
      if (this.#ended) this.#settleWaiter();
      return () => 'failed';
    });
  }
}
