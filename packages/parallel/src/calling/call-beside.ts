import { isCancelled, named } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import { encodeError } from '../boundary/encode-error.ts';
import type { Call, CallHandlers } from '../pool/call.ts';
import type { CallExtra } from '../protocol/messages.ts';
import { ProgressTeller } from './progress-teller.ts';
import { runBeside } from './run-beside.ts';

type Signal = Waker<void> | undefined;

/**
 * The work of tasks beside a call: they send the items of arguments that are async iterables, and call `onProgress`. They are
 * children of the caller, so foreign code runs in its context, and never inside an event of the worker.
 */
export class Companions implements CallHandlers {
  /** The arguments as they are sent: an iterable is replaced by what the worker makes of it. */
  readonly args: unknown[];
  /** The facts that the worker needs. */
  readonly extra: CallExtra;
  /** Set by a stream. */
  items: ((items: unknown[]) => void) | undefined = undefined;
  readonly #pumps = new Map<number, Pump>();
  readonly #progress: ProgressTeller | undefined;

  constructor(args: readonly unknown[], onProgress: ((value: unknown) => void) | undefined) {
    this.#progress = onProgress === undefined ? undefined : new ProgressTeller(onProgress);
    for (const [index, argument] of args.entries()) {
      if (isAsyncIterable(argument)) this.#pumps.set(index, new Pump(argument, index));
    }
    this.args = args.map((argument, index) => (this.#pumps.has(index) ? null : argument));
    this.extra = {
      ...(this.#pumps.size === 0 ? {} : { iterables: [...this.#pumps.keys()] }),
      ...(onProgress === undefined ? {} : { progress: true }),
    };
  }

  progress(value: unknown): void {
    this.#progress?.take(value);
  }

  pull(argument: number, count: number): void {
    this.#pumps.get(argument)?.pull(count);
  }

  /** Starts the tasks. */
  start(nursery: Nursery, call: Call): void {
    for (const pump of this.#pumps.values()) {
      nursery.startSoon(named(`argument ${pump.index + 1} of ${call.reference.name}`, () => pump.run(call)));
    }
    this.#progress?.start(nursery, call.reference.name);
  }

  /** Calls `onProgress` with what it has not seen. */
  tellLatest(): void {
    this.#progress?.tellLatest();
  }
}

/** Whether an argument is pulled from the other side instead of being cloned. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** Sends the items of one iterable, as far as the worker has room for them. */
class Pump {
  readonly index: number;
  readonly #iterable: AsyncIterable<unknown>;
  #room = 0;
  #closed = false;
  #waker: Signal = undefined;

  constructor(iterable: AsyncIterable<unknown>, index: number) {
    this.#iterable = iterable;
    this.index = index;
  }

  pull(count: number): void {
    if (count < 0) this.#closed = true;
    else this.#room += count;
    wake(this.#waker);
    this.#waker = undefined;
  }

  async run(call: Call): Promise<void> {
    // Nothing is taken before the job asks for it.
    await this.#waitForRoom();
    if (this.#closed) return;
    try {
      for await (const item of this.#iterable) {
        call.sendItems(this.index, [item], false);
        if (--this.#room <= 0) await this.#waitForRoom();
        if (this.#closed) return;
      }
      call.sendItems(this.index, [], true);
    } catch (error) {
      // It is the job that reads it, and may handle it.
      call.sendItems(this.index, [], { error: encodeError(error) });
      if (isCancelled(error)) throw error;
    }
  }

  async #waitForRoom(): Promise<void> {
    while (this.#room <= 0 && !this.#closed) {
      await suspend<void>('the worker to take items', (waker) => {
        this.#waker = waker;
        return () => {
          this.#waker = undefined;
          return 'succeeded';
        };
      });
    }
  }
}

function wake(waker: Signal): void {
  waker?.wake();
}

/** Runs a body beside which companions work; they end with it. */
export function withCompanions<T>(companions: Companions, call: Call, body: () => Promise<T>): Promise<T> {
  const companion = {
    start: (nursery: Nursery) => companions.start(nursery, call),
    tellLatest: () => companions.tellLatest(),
  };
  return runBeside(companion, body);
}
