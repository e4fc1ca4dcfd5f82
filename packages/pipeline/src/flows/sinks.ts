import type { SyncDescription } from '../describing/section.ts';
import { isThenable } from '../running/input.ts';

/** Calls a function for each item. */
export function calling(fn: (item: unknown) => unknown): SyncDescription {
  return {
    kind: 'sync',
    name: 'forEach',
    build: (_next, place) => (item) => {
      let pending;
      try {
        pending = fn(item);
      } catch (error) {
        throw place.blame(error);
      }
      return isThenable(pending) ? blaming(pending, place) : undefined;
    },
  };
}

export function collecting(items: unknown[]): SyncDescription {
  return { kind: 'sync', name: 'toArray', build: () => (item) => void items.push(item) };
}

export function folding(state: { result: unknown }, fn: (result: unknown, item: unknown) => unknown): SyncDescription {
  return {
    kind: 'sync',
    name: 'reduce',
    build: (_next, place) => (item) => {
      let result;
      try {
        result = fn(state.result, item);
      } catch (error) {
        throw place.blame(error);
      }
      if (isThenable(result)) return keep(result, place);
      state.result = result;
      return undefined;
    },
  };
  async function keep(result: PromiseLike<unknown>, place: Blaming): Promise<void> {
    try {
      state.result = await result;
    } catch (error) {
      throw place.blame(error);
    }
  }
}

export function takingFirst(found: { item?: unknown }): SyncDescription {
  return {
    kind: 'sync',
    name: 'first',
    build: (_next, place) => (item) => {
      if (!('item' in found)) found.item = item;
      place.end();
      return undefined;
    },
  };
}

export function counting(state: { count: number }): SyncDescription {
  return { kind: 'sync', name: 'count', build: () => () => void state.count++ };
}

export function draining(name: string): SyncDescription {
  return { kind: 'sync', name, build: () => () => undefined };
}

interface Blaming {
  blame(error: unknown): unknown;
}

async function blaming(pending: PromiseLike<unknown>, place: Blaming): Promise<void> {
  try {
    await pending;
  } catch (error) {
    throw place.blame(error);
  }
}
