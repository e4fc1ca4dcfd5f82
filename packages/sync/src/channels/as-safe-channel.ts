import { ExceptionGroup, isCancelled, named, openNursery } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { WaitQueue } from '@tercet/core/lowlevel';
import { requireFunction } from '../require-function.ts';
import type { ReceiveChannel } from './channel.ts';
import { ChannelState } from './channel-state.ts';
import { MemoryReceiveChannel } from './memory-receive-channel.ts';
import { MemorySendChannel } from './memory-send-channel.ts';

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
  requireFunction(generate, 'asSafeChannel() takes a generator function');
  return async <R>(...args: [...args: A, body: (channel: ReceiveChannel<T>) => R | PromiseLike<R>]): Promise<R> => {
    const body = args.at(-1) as (channel: ReceiveChannel<T>) => R | PromiseLike<R>;
    requireFunction(body, 'asSafeChannel() takes a body as the last argument');
    const state = new ChannelState(0);
    const send = new MemorySendChannel<T>(state as never);
    const channel = new MemoryReceiveChannel<T>(state as never);
    let value: R | undefined;
    try {
      await openNursery(async (nursery) => {
        const generator = generate(...(args.slice(0, -1) as A));
        const feeding = (): Promise<void> => feed(nursery, generator, state, send);
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
async function feed(
  nursery: Nursery,
  generator: AsyncGenerator,
  state: ChannelState,
  send: MemorySendChannel<never>,
): Promise<void> {
  const demand = new WaitQueue<void>('a receiver');
  state.onDemand = () => void demand.wakeFirst();
  /** Waits until a receiver waits; false when none can come any more. */
  const isAsked = async (): Promise<boolean> => {
    while (state.receivers.length === 0 && state.openReceivers > 0) await demand.wait(undefined);
    return state.openReceivers > 0;
  };
  try {
    while (await isAsked()) {
      const step = await generator.next();
      if (step.done === true) return;
      // The receiver may have been cancelled meanwhile: then the item is for the next one.
      while (!state.put(step.value)) if (!(await isAsked())) return;
    }
  } catch (error) {
    // First the cancellation, then the end of the channel: a loop over it must not look complete.
    nursery.cancelScope.cancel('the generator has failed');
    throw error;
  } finally {
    send.close();
    await generator.return(undefined);
  }
}

/** What comes out: the error itself when there is one, and `Cancelled` only when there is nothing else. */
function withoutWrapping(error: unknown): unknown {
  if (!(error instanceof ExceptionGroup)) return error;
  const failures = error.errors.filter((each) => !isAllCancelled(each));
  if (failures.length > 1) return new ExceptionGroup('asSafeChannel(): generator and body have failed', failures);
  return failures.length === 1 ? failures[0] : error.errors[0];
}

function isAllCancelled(error: unknown): boolean {
  return error instanceof ExceptionGroup ? error.leaves().every(isCancelled) : isCancelled(error);
}
