import { sleep } from '@tercet/core';
import type { Built, ItemFunction, OnError, Place, RetryPolicy, SyncDescription } from '../describing/section.ts';
import { isOwnCancellation } from './failure.ts';
import { isThenable } from './input.ts';
import type { Step } from './input.ts';

/** A place that knows whether an error is its own. */
export interface BlamedPlace extends Place {
  takeBlame(): boolean;
}

/** Builds a section, under its `onError` if it has one. */
export function withPolicy(description: SyncDescription, next: Step, place: BlamedPlace): Step | Built {
  const { onError } = description;
  const built = description.build(next, place);
  if (onError === undefined) return built;
  return typeof built === 'function'
    ? guarded(built, onError, place)
    : { ...built, step: guarded(built.step, onError, place) };
}

/** Errors of those below are not its own, although they come through it. */
function guarded(step: Step, onError: OnError, place: BlamedPlace): Step {
  const handle = async (error: unknown, item: unknown): Promise<void> => {
    if (isOwnCancellation(error) || !place.takeBlame()) throw error;
    await handledBy(onError, error, item, place);
  };
  return (item) => {
    let pending;
    try {
      pending = step(item);
    } catch (error) {
      return handle(error, item);
    }
    return pending === undefined ? undefined : settle(pending, item);
  };
  async function settle(pending: PromiseLike<unknown>, item: unknown): Promise<void> {
    try {
      await pending;
    } catch (error) {
      await handle(error, item);
    }
  }
}

/** @throws the error, or that of the handler, when it has not been dealt with. */
async function handledBy(onError: OnError, error: unknown, item: unknown, place: Place): Promise<void> {
  let isHandled;
  try {
    isHandled = await onError(error, item);
  } catch (other) {
    throw place.blame(other);
  }
  if (!isHandled) throw place.blame(error);
}

/** The function, called again after a pause when it fails. */
export function retrying(fn: ItemFunction, policy: RetryPolicy): ItemFunction {
  return (item) => {
    let value;
    try {
      value = fn(item);
    } catch (error) {
      return again(error, item);
    }
    return isThenable(value) ? settle(value, item) : value;
  };
  async function settle(value: PromiseLike<unknown>, item: unknown): Promise<unknown> {
    try {
      return await value;
    } catch (error) {
      return await again(error, item);
    }
  }
  async function again(error: unknown, item: unknown): Promise<unknown> {
    let latest = error;
    for (let attempt = 2; attempt <= policy.attempts; attempt++) {
      if (isOwnCancellation(latest) || !policy.when(latest)) throw latest;
      await sleep(policy.pause(attempt));
      try {
        return await fn(item);
      } catch (next) {
        latest = next;
      }
    }
    throw latest;
  }
}
