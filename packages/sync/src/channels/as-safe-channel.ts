import { BrokenResourceError, ExceptionGroup, isCancelled, named, openNursery } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { cancelScopeAs, describeError, inspectAs, WaitQueue } from '@tercet/core/lowlevel';
import type { ReceiveChannel } from './channel.ts';
import type { MemoryReceiveChannel } from './memory-receive-channel.ts';
import type { MemorySendChannel } from './memory-send-channel.ts';
import { openMemoryChannel } from './open-memory-channel.ts';

/**
 * Turns an async generator into a function that runs it in a task of its own, and gives its items to a body by a channel.
 *
 * An async generator that is iterated directly runs in the scopes of whoever asks for the next item: a deadline that is
 * meant for one item ends the whole generator, and one that is iterated by hand and dropped never cleans up. Here it runs
 * in one task from beginning to end. When the body has ended, the generator is cancelled, its `finally` blocks run, and
 * only then the call returns.
 *
 * The generator begins with the first item that is asked for, and makes one item for each: none ahead.
 *
 * @returns a function that takes the generator's arguments and then the body, and returns what the body returns. A
 * checkpoint. It throws the error of the body or of the generator, as it is; when both have failed, an `ExceptionGroup`
 * of the two; and `StateError` outside of a run.
 * @example
 * const lines = asSafeChannel(async function* (path: string) {
 *   const file = await open(path);
 *   try { for await (const line of file.readLines()) yield line; }
 *   finally { await file.close(); }
 * });
 *
 * const first = await lines('notes.txt', async (channel) => {
 *   for await (const line of channel) if (line !== '') return line;
 * });
 */
export function asSafeChannel<A extends unknown[], T>(
  generate: (...args: A) => AsyncGenerator<T>,
): <R>(...args: [...args: A, body: (channel: ReceiveChannel<T>) => R | PromiseLike<R>]) => Promise<R> {
  if (typeof generate !== 'function') throw new TypeError('asSafeChannel() takes an async generator function');
  return async <R>(...args: [...args: A, body: (channel: ReceiveChannel<T>) => R | PromiseLike<R>]): Promise<R> => {
    const body = args.at(-1) as (channel: ReceiveChannel<T>) => R | PromiseLike<R>;
    if (typeof body !== 'function') {
      throw new TypeError('asSafeChannel(): the last argument must be the body, a function that takes the channel');
    }
    const [send, receive] = openMemoryChannel<T>(0);
    const channel = new SafeChannel(receive);
    let value: R | undefined;
    try {
      await openNursery(async (nursery) => {
        const generator = generate(...(args.slice(0, -1) as A));
        const feeding = (): Promise<void> => feed(nursery, generator, send, channel);
        const feeder = nursery.startSoon(named(generate.name || 'generator', feeding));
        value = await body(channel);
        feeder.cancel('the body of asSafeChannel() has ended');
      });
    } catch (error) {
      throw withoutWrapping(error);
    } finally {
      channel.close();
    }
    return value as R;
  };
}

/** The task of the generator: an item for each receiver who waits. */
async function feed<T>(
  nursery: Nursery,
  generator: AsyncGenerator<T>,
  send: MemorySendChannel<T>,
  channel: SafeChannel<T>,
): Promise<void> {
  try {
    while (await channel.demand()) {
      const step = await generator.next();
      if (step.done === true || !(await delivered(send, step.value))) return;
    }
  } catch (error) {
    // First the cancellation, then the end of the channel: a loop over it must not look complete.
    if (!isAllCancelled(error)) {
      cancelScopeAs(nursery.cancelScope, 'nursery', `the generator raised exception ${describeError(error)}`);
    }
    throw error;
  } finally {
    send.close();
    await generator.return(undefined);
  }
}

/** Sends it, unless the body has closed the channel. */
async function delivered<T>(send: MemorySendChannel<T>, item: T): Promise<boolean> {
  try {
    await send.send(item);
    return true;
  } catch (error) {
    if (error instanceof BrokenResourceError) return false;
    throw error;
  }
}

/** The receiving end, as the body gets it: it tells the generator's task when somebody waits. */
class SafeChannel<T> implements ReceiveChannel<T> {
  static {
    inspectAs(this, (channel) => `SafeChannel ${channel.closed ? 'closed' : 'open'}`);
  }

  closed = false;
  readonly #channel: MemoryReceiveChannel<T>;
  readonly #asked = new WaitQueue<void>('somebody who receives');

  constructor(channel: MemoryReceiveChannel<T>) {
    this.#channel = channel;
  }

  /** Waits until a receiver waits; false when none can come any more. */
  async demand(): Promise<boolean> {
    while (!this.closed && this.#channel.statistics().tasksWaitingReceive === 0) await this.#asked.wait(undefined);
    return !this.closed;
  }

  receive(): Promise<T> {
    const item = this.#channel.receive();
    this.#asked.wakeFirst();
    return item;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    const steps = this.#channel[Symbol.asyncIterator]();
    const next = (): Promise<IteratorResult<T>> => {
      const step = steps.next();
      this.#asked.wakeFirst();
      return step;
    };
    const iterator: AsyncIterableIterator<T> = { next, [Symbol.asyncIterator]: () => iterator };
    return iterator;
  }

  close(): void {
    this.closed = true;
    this.#channel.close();
    this.#asked.wakeFirst();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return this.#channel[Symbol.asyncDispose]();
  }
}

/** What comes out: the error itself when there is one, and `Cancelled` only when there is nothing else. */
function withoutWrapping(error: unknown): unknown {
  if (!(error instanceof ExceptionGroup)) return error;
  const failures = error.errors.filter((each) => !isAllCancelled(each));
  if (failures.length === 0) return error.errors[0];
  if (failures.length === 1) return failures[0];
  return new ExceptionGroup('asSafeChannel(): both the body and the generator have failed', failures);
}

function isAllCancelled(error: unknown): boolean {
  return error instanceof ExceptionGroup ? error.leaves().every(isCancelled) : isCancelled(error);
}
