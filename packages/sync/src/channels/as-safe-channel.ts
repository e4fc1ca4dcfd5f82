import { checkpoint, ExceptionGroup, isOnlyCancelled, named, openNursery, StateError } from '@tercet/core';
import { currentTask, onTaskExit, rejected, WaitQueue } from '@tercet/core/lowlevel';
import { requireFunction } from '../arguments/require-function.ts';
import type { ReceiveChannel } from './channel.ts';
import { ChannelState } from './channel-state.ts';
import { itemRefusal } from '../arguments/item-refusal.ts';
import { makeReceiveChannel } from './memory-receive-channel.ts';
import { makeSendChannel } from './memory-send-channel.ts';

/**
 * Turns an async generator into a function that runs it in a separate task, and passes its items to a body through a channel.
 *
 * An async generator that is iterated directly runs in the scopes of the code that asks for the next item: a deadline that is
 * meant for one item ends the whole generator, and one that is iterated by hand and dropped never cleans up. Here it runs
 * in one task from beginning to end. When the body has ended, the generator is cancelled, its `finally` blocks run, and
 * only then the call returns. As in any task, a promise of another library is not cancelled, and is waited for: use
 * `abortable` or `abandonable` in the generator.
 *
 * The generator begins with the first item that is asked for, and makes one item for each: none ahead.
 *
 * @returns a function that takes the generator's arguments and then the body, and returns what the body returns. A
 * checkpoint. It throws the error of the body or of the generator, as it is; when both have failed, an `ExceptionGroup`
 * of the two; `TypeError` when the function does not return an async generator, or an item is a promise; and `StateError`
 * when the generator yields an item while it cleans up, and outside of a run.
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
  requireFunction(generate, 'asSafeChannel() takes a generator function');
  return async <R>(...args: [...args: A, body: (channel: ReceiveChannel<T>) => R | PromiseLike<R>]): Promise<R> => {
    const body = args.at(-1) as (channel: ReceiveChannel<T>) => R | PromiseLike<R>;
    if (typeof body !== 'function') {
      return rejected(new TypeError('asSafeChannel() takes a body as the last argument'));
    }
    await checkpoint();
    const state = new ChannelState(0);
    const send = makeSendChannel<T>(state);
    const channel = makeReceiveChannel<T>(state);
    let value: R | undefined;
    try {
      await openNursery(async (nursery) => {
        const generator = requireIterator(generate(...(args.slice(0, -1) as A)));
        const feeding = (): Promise<void> => feed(generator, state, () => send.close());
        const feeder = nursery.startSoon(named(nameOf(generate), feeding));
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

/** The task of the generator: makes one item for each receiver that waits. */
async function feed(generator: AsyncIterator<unknown>, state: ChannelState, end: () => void): Promise<void> {
  // The channel ends just after the nursery knows how the task ended: a loop over it must not look complete when
  // the generator has failed, and it is for the nursery to judge whether a `Cancelled` is a failure.
  onTaskExit(currentTask(), () => void Promise.resolve().then(end));
  const demand = new WaitQueue<void>('a receiver');
  state.onDemand = () => void demand.wakeFirst();
  /** Waits until a receiver waits; false when all receivers have closed. */
  const isAsked = async (): Promise<boolean> => {
    while (state.receivers.length === 0 && state.openReceivers > 0) await demand.wait(undefined);
    return state.openReceivers > 0;
  };
  let ended = false;
  try {
    while (await isAsked()) {
      // If `next` throws, the generator is at its end, too.
      ended = true;
      const step = await generator.next();
      requireStep(step, 'next()');
      if (step.done) return;
      ended = false;
      const refusal = itemRefusal(step.value, 'the generator of asSafeChannel()');
      if (refusal !== undefined) throw refusal;
      // The receiver may have been cancelled meanwhile. Then the next one gets the item.
      while (!state.put(step.value)) if (!(await isAsked())) return;
    }
  } finally {
    // oxlint-disable-next-line @tercet/no-unshielded-await-in-finally -- the generator decides what it shields
    if (!ended) await cleanUp(generator);
  }
}

/** Ends a generator early: its `finally` blocks run. Not all iterators have a `return`. */
async function cleanUp(generator: AsyncIterator<unknown>): Promise<void> {
  const step = await generator.return?.(undefined);
  if (step === undefined) return;
  requireStep(step, 'return()');
  if (!step.done) throw new StateError('the generator of asSafeChannel() yields an item while it cleans up');
}

function requireIterator(value: unknown): AsyncIterator<unknown> {
  if (typeof value === 'object' && value !== null && typeof (value as { next?: unknown }).next === 'function') {
    return value as AsyncIterator<unknown>;
  }
  throw new TypeError('asSafeChannel() takes a function that returns an async generator: async function* () { … }');
}

function requireStep(step: unknown, method: string): void {
  if (typeof step === 'object' && step !== null) return;
  throw new TypeError(`the generator of asSafeChannel() returned ${String(step)} from ${method}, not { value, done }`);
}

function nameOf(generate: { readonly name: unknown }): string {
  try {
    const { name } = generate;
    if (typeof name === 'string' && name !== '') return name;
  } catch {
    // The name only serves the task tree.
  }
  return 'generator';
}

/** The error itself if there is only one, and `Cancelled` only if there is nothing else. */
function withoutWrapping(error: unknown): unknown {
  if (!(error instanceof ExceptionGroup)) return error;
  const failures = error.errors.filter((each) => !isOnlyCancelled(each));
  if (failures.length > 1) return new ExceptionGroup('asSafeChannel(): generator and body have failed', failures);
  return failures.length === 1 ? failures[0] : error.errors[0];
}
