import { checkpoint } from '@tercet/core';
import { suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import type { Job } from './job.ts';

/**
 * Items in a message, at least and at most, where that is not half of the window. To wake the other thread costs as much as
 * hundreds of items, so the fewer messages the better; and while the other half is on its way, this side goes on (benchmark
 * `parallel`, streams: messages of 64 items took 1.2 times as long).
 */
const FEW = 64;
const MANY = 512;
/** Milliseconds for which an item is held back, at most. */
const HELD_BACK = 1;

/**
 * Calls the generator function of a job, and sends what it yields, as long as the other side has room for it. Ends, or
 * fails, as the generator does.
 */
export async function sendItemsOf(job: Job, window: number): Promise<void> {
  const iterable: unknown = await job.call();
  const sender = new ItemSender(job, window);
  try {
    if (isAsyncIterable(iterable)) await sendAsync(iterable, sender);
    else if (isIterable(iterable)) await sendSync(iterable, sender);
    else throw notIterable(job, iterable);
  } finally {
    // Its error comes after the items before it.
    sender.flush();
  }
}

async function sendAsync(iterable: AsyncIterable<unknown>, sender: ItemSender): Promise<void> {
  for await (const item of iterable) {
    const wait = sender.send(item);
    if (wait !== undefined) await wait;
  }
}

async function sendSync(iterable: Iterable<unknown>, sender: ItemSender): Promise<void> {
  for (const item of iterable) {
    const wait = sender.send(item);
    if (wait !== undefined) await wait;
  }
}

function notIterable({ fn }: Job, value: unknown): TypeError {
  return new TypeError(`stream(): ${fn.name} returned ${typeof value}, which is not iterable; call it with run()`);
}

class ItemSender {
  readonly #job: Job;
  /** Items in a message. */
  readonly #gathered: number;
  #credits: number;
  #items: unknown[] = [];
  #lastSent = performance.now();
  #scheduled = false;
  #waker: Waker<void> | undefined = undefined;

  constructor(job: Job, window: number) {
    this.#job = job;
    this.#credits = window;
    this.#gathered = Math.min(Math.max(FEW, window >> 1), MANY);
    job.takeCredit = (count) => this.#takeCredit(count);
  }

  /** @returns what has to be awaited before the next one. */
  send(item: unknown): Promise<void> | undefined {
    this.#items.push(item);
    this.#credits--;
    const late = performance.now() - this.#lastSent > HELD_BACK;
    if (this.#credits <= 0) return this.#waitForCredit();
    if (late || this.#items.length >= this.#gathered) {
      this.flush();
      // A generator that never waits must not keep messages from coming in.
      return late ? checkpoint() : undefined;
    }
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#flushScheduled);
    }
    return undefined;
  }

  readonly #flushScheduled = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  flush(): void {
    this.#lastSent = performance.now();
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#job.server.sendItems(this.#job, items);
  }

  #waitForCredit(): Promise<void> {
    this.flush();
    return suspend<void>('room for items', (waker) => {
      this.#waker = waker;
      return () => {
        this.#waker = undefined;
        return 'succeeded';
      };
    });
  }

  #takeCredit(count: number): void {
    this.#credits += count;
    const waker = this.#waker;
    if (this.#credits <= 0 || waker === undefined) return;
    this.#waker = undefined;
    waker.wake();
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
