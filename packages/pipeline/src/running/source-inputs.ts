import { EndOfChannel, moveOnAfter, abandonable, isCancelled } from '@tercet/core';
import { WaitQueue } from '@tercet/core/lowlevel';
import type { ReceiveChannel } from '@tercet/sync';
import { isThenable, NOTHING } from './input.ts';
import type { Input } from './input.ts';

/** How long a source that has been closed may take to clean up, in milliseconds of the run's clock. */
export const GRACE = 1000;

/** An array: nothing has to be called to read it, and nothing to close it. */
export class ArrayInput implements Input {
  readonly #items: readonly unknown[];
  #index = 0;

  constructor(items: readonly unknown[]) {
    this.#items = items;
  }

  take(): unknown {
    return this.#index < this.#items.length ? this.#items[this.#index++] : NOTHING;
  }

  more(): boolean {
    return this.#index < this.#items.length;
  }

  close(): void {
    this.#index = Infinity;
  }
}

/** An iterator that never waits. */
export class IteratorInput implements Input {
  readonly #iterator: Iterator<unknown>;
  #hasEnded = false;
  hasThrown = false;

  constructor(iterator: Iterator<unknown>) {
    this.#iterator = iterator;
  }

  take(): unknown {
    if (this.#hasEnded) return NOTHING;
    let step: IteratorResult<unknown>;
    try {
      step = this.#iterator.next();
      if (step.done !== true) return step.value;
    } catch (error) {
      // An iterator that has thrown is not closed.
      this.#hasEnded = true;
      this.hasThrown = true;
      throw error;
    }
    this.#hasEnded = true;
    return NOTHING;
  }

  more(): boolean {
    return !this.#hasEnded;
  }

  close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#iterator.return?.();
  }
}

/**
 * An iterator whose steps are promises, which may never settle. So the stage waits in an operation of the run, that can
 * be cancelled, and the promise only ends it.
 */
export class AsyncIteratorInput implements Input {
  readonly #iterator: AsyncIterator<unknown>;
  readonly #waiters = new WaitQueue<boolean | Interruption>('the next item of a source');
  /** The promise of a step that was cancelled meanwhile. */
  #begun: PromiseLike<unknown> | undefined = undefined;
  #step: ((item: unknown) => Interruption | undefined) | undefined = undefined;
  hasThrown = false;
  #item: unknown = NOTHING;
  #hasEnded = false;
  #hasFailed = false;
  #error: unknown = undefined;
  /** Whether `next` has been called and not settled yet. */
  #isPending = false;
  #isClosing = false;

  constructor(iterator: AsyncIterator<unknown>) {
    this.#iterator = iterator;
  }

  take(): unknown {
    const item = this.#item;
    this.#item = NOTHING;
    return item;
  }

  more(): Promise<boolean> | boolean {
    if (this.#item !== NOTHING) return true;
    if (this.#hasFailed) throw this.#takeError();
    if (this.#hasEnded) return false;
    if (!this.#isPending) this.#request();
    if (this.#hasFailed) throw this.#takeError();
    return this.#waiters.wait(undefined) as Promise<boolean>;
  }

  /**
   * Hands items to `step` as they come, in the calling task but without waking it for each of them, which would cost more
   * than all the rest (benchmark `3 sync sections, async generator`). Resolves with what `step` returns in the end, or with
   * false at the end of the source. Nothing may have been left by `more`. A checkpoint.
   */
  async drive(step: (item: unknown) => Interruption | undefined): Promise<Interruption | false> {
    this.#step = step;
    try {
      for (;;) {
        const more = await (this.#item === NOTHING ? (this.more() as Promise<boolean | Interruption>) : true);
        if (typeof more !== 'boolean') return more;
        if (!more) return false;
        const interruption = step(this.take());
        if (interruption !== undefined) return interruption;
      }
    } finally {
      this.#step = undefined;
      const begun = this.#begun;
      this.#begun = undefined;
      // oxlint-disable-next-line @tercet/no-unshielded-await-in-finally -- waiting for a promise that has begun is not a checkpoint
      if (begun !== undefined) await begun;
    }
  }

  #request(): void {
    this.#isPending = true;
    try {
      const step: PromiseLike<IteratorResult<unknown>> = this.#iterator.next();
      // Promise.resolve() guards against foreign thenables: they may settle twice, or at once.
      Promise.resolve(step).then(this.#onStep, this.#onError);
    } catch (error) {
      this.#onError(error);
    }
  }

  /** @returns whether the item has been used up. */
  #driveOn(item: unknown): boolean {
    const waiter = this.#waiters.first;
    if (this.#step === undefined || waiter === undefined) return false;
    try {
      const interruption = this.#step(item);
      // The step may have cancelled the task that it runs in; what it has begun is waited for even then.
      if (this.#waiters.first !== waiter) this.#begun = interruption?.pending;
      else if (interruption === undefined) this.#request();
      else waiter.wake(interruption);
    } catch (error) {
      this.#waiters.first?.fail(error);
    }
    return true;
  }

  /** The error of the source that came when no task waited for its item any more. */
  get lateError(): { readonly error: unknown } | undefined {
    return this.#hasFailed && !isCancelled(this.#error) ? { error: this.#error } : undefined;
  }

  async close(): Promise<void> {
    if (this.#isClosing || this.#hasEnded) return;
    this.#isClosing = true;
    const { done, isLate } = await this.#return();
    if (isLate) {
      const text = `a source of a pipeline has not ended within ${GRACE} ms after it was closed, and is left behind`;
      process.emitWarning(text, 'TercetPipelineWarning');
    } else if (!done.ok) throw done.error;
  }

  async #return(): Promise<{ isLate: boolean; done: Outcome }> {
    let done: Outcome | undefined;
    await moveOnAfter(
      GRACE,
      async () => {
        try {
          const returned: unknown = this.#iterator.return?.();
          if (isThenable(returned)) await abandonable(returned);
          done = { ok: true };
        } catch (error) {
          // Past the grace.
          if (!isCancelled(error)) done = { ok: false, error };
          else throw error;
        }
      },
      { shield: true },
    );
    return { isLate: done === undefined, done: done ?? { ok: true } };
  }

  #takeError(): unknown {
    this.#hasFailed = false;
    this.#hasEnded = true;
    return this.#error;
  }

  readonly #onStep = (step: IteratorResult<unknown>): void => {
    this.#isPending = false;
    if (typeof step !== 'object' || step === null) {
      this.#onError(new TypeError(`the next() of a source must give an object, not ${String(step)}`));
    } else if (step.done === true) {
      this.#hasEnded = true;
      this.#waiters.wakeFirst(false);
    } else {
      const item: unknown = step.value;
      if (this.#driveOn(item)) return;
      this.#item = item;
      this.#waiters.wakeFirst(true);
    }
  };

  readonly #onError = (error: unknown): void => {
    this.#isPending = false;
    this.hasThrown = !isCancelled(error);
    this.#error = error;
    const waiter = this.#waiters.first;
    if (waiter === undefined) this.#hasFailed = true;
    else {
      this.#hasEnded = true;
      waiter.fail(error);
    }
  };
}

/** Why a step does not want the next item at once. */
export interface Interruption {
  /** The promise to wait for; without one, the loop ends. */
  readonly pending: PromiseLike<unknown> | undefined;
}

type Outcome = { readonly ok: true } | { readonly ok: false; readonly error: unknown };

/** A channel, which stays open unless it belongs to the flow. An item that has not been asked for stays in it. */
export class ChannelInput implements Input {
  readonly #channel: ReceiveChannel<unknown>;
  readonly #isOwned: boolean;
  #item: unknown = NOTHING;
  #hasEnded = false;
  hasThrown = false;

  constructor(channel: ReceiveChannel<unknown>, isOwned: boolean) {
    this.#channel = channel;
    this.#isOwned = isOwned;
  }

  take(): unknown {
    const item = this.#item;
    this.#item = NOTHING;
    return item;
  }

  async more(): Promise<boolean> {
    if (this.#item !== NOTHING) return true;
    if (this.#hasEnded) return false;
    try {
      this.#item = await this.#channel.receive();
      return true;
    } catch (error) {
      if (error instanceof EndOfChannel) {
        this.#hasEnded = true;
        return false;
      }
      this.hasThrown = !isCancelled(error);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#hasEnded = true;
    if (!this.#isOwned) return;
    await moveOnAfter(GRACE, async () => await this.#channel.close(), { shield: true });
  }
}
