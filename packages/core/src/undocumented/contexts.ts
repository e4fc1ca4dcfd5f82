import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { environment } from '../platform/platform.ts';

/** How frames are found and entered. A frame is the value of an AsyncLocalStorage. */
export interface Contexts<F> {
  /** The frame of the calling code. */
  current(): F | undefined;
  /** Forgets the frame that `current` may have cached. */
  forget(): void;
  /** Calls `fn(argument)` in a frame. Code after an `await` in it stays there. The rest of the context stays the same. */
  enter<A, R>(frame: F, fn: (argument: A) => R, argument: A): R;
  /** Captures the context of the calling code, for `enterFrom`. */
  capture(): unknown;
  /** The same as `enter`, called in the context that was captured. */
  enterFrom<A, R>(captured: unknown, frame: F, fn: (argument: A) => R, argument: A): R;
}

/**
 * Chooses the fastest way on this platform. Since Node 24 a context is an immutable map from storages to values, and an internal
 * class of Node has the current map. The documented functions copy the map to enter a frame and again to leave it, and make a
 * resource to capture it. With that class, entering takes one copy, mostly of an empty map, and leaving and capturing take none
 * (benchmarks `spawn and join`, `scope`, `checkpoint`). And since maps do not change, a frame that was found in a map can be
 * cached (benchmarks `checkpoint`, fs `lines`).
 *
 * The class is not documented. So it is searched for and tested when this module is loaded. If it is missing or behaves
 * differently (Node 20 and 22, Bun, Deno, a future Node), and with `TERCET_DOCUMENTED_ONLY=1`, the documented functions are used.
 */
export function contextsOf<F>(storage: AsyncLocalStorage<F>): Contexts<F> {
  return maps === undefined ? documentedContexts(storage) : mappedContexts(storage, maps);
}

/** Uses documented functions only, which work everywhere. */
export function documentedContexts<F>(storage: AsyncLocalStorage<F>): Contexts<F> {
  return {
    current: () => storage.getStore(),
    forget: () => undefined,
    enter: (frame, fn, argument) => storage.run(frame, fn, argument),
    capture: () => new AsyncResource('TERCET_TASK'),
    enterFrom: canEnterWith()
      ? // `enterWith` does not leak: the scope of the resource restores the former value.
        (captured, frame, fn, argument) =>
          (captured as AsyncResource).runInAsyncScope(() => {
            storage.enterWith(frame);
            return fn(argument);
          })
      : (captured, frame, fn, argument) =>
          (captured as AsyncResource).runInAsyncScope(() => storage.run(frame, fn, argument)),
  };
}

/** Whether the platform has `enterWith`, which is half the price of `run` for a start of a task. workerd throws instead. */
function canEnterWith(): boolean {
  return probe((storage) => {
    try {
      storage.enterWith('value');
      return true;
    } catch {
      return false;
    }
  });
}

/** Calls `fn` with a storage to try things with. What it does to the context ends with it. */
function probe<T>(fn: (storage: AsyncLocalStorage<string>) => T): T {
  const storage = new AsyncLocalStorage<string>();
  return new AsyncResource('TERCET_PROBE').runInAsyncScope(() => {
    try {
      return fn(storage);
    } finally {
      // On Node 20 and 22, each storage that has been used makes every promise of the process slower.
      disable(storage);
    }
  });
}

function disable(storage: AsyncLocalStorage<string>): void {
  try {
    storage.disable();
  } catch {
    // workerd has no `disable`. Storages cost promises nothing there.
  }
}

type ContextMap = ReadonlyMap<unknown, unknown>;

/** Node's class of the maps. */
interface ContextMaps {
  readonly current: () => ContextMap | undefined;
  readonly set: (map: ContextMap | undefined) => void;
}

/** Uses the class of the maps. */
function mappedContexts<F>(storage: AsyncLocalStorage<F>, { current, set }: ContextMaps): Contexts<F> {
  // If a context holds only the value that entering replaces, an empty one is as good.
  const capture = (): ContextMap | undefined => {
    const map = current();
    return map?.size === 1 && map.has(storage) ? undefined : map;
  };
  const enterFrom = <A, R>(captured: unknown, frame: F, fn: (argument: A) => R, argument: A): R => {
    const around = current();
    set(captured as ContextMap | undefined);
    storage.enterWith(frame);
    try {
      return fn(argument);
    } finally {
      set(around);
    }
  };
  let lastMap: ContextMap | undefined;
  let lastFrame: F | undefined;
  return {
    current: () => {
      const map = current();
      if (map === lastMap) return lastFrame;
      lastMap = map;
      return (lastFrame = map?.get(storage) as F | undefined);
    },
    forget: () => {
      lastMap = lastFrame = undefined;
    },
    enter: (frame, fn, argument) => enterFrom(capture(), frame, fn, argument),
    capture,
    enterFrom,
  };
}

const maps: ContextMaps | undefined =
  environment('TERCET_DOCUMENTED_ONLY') === '1'
    ? undefined
    : probe((storage) => probe((another) => findContextMaps(storage, another)));

// It uses two separate storages, since storages leave a trace in the contexts in which they were used.
function findContextMaps(
  storage: AsyncLocalStorage<string>,
  another: AsyncLocalStorage<string>,
): ContextMaps | undefined {
  const resource = storage.run('value', () => new AsyncResource('TERCET_PROBE')) as unknown as Record<symbol, unknown>;
  const map = Object.getOwnPropertySymbols(resource)
    .map((symbol) => resource[symbol] as ContextMap | undefined)
    .find((value) => typeof value?.get === 'function' && value.get(storage) === 'value');
  const { current, set } = (map?.constructor ?? {}) as Partial<ContextMaps>;
  if (typeof current !== 'function' || typeof set !== 'function') return undefined;
  const worksAsExpected = storage.run('around', () => {
    const around = current();
    const copies = another.run('more', () => current() !== around && current()?.get(another) === 'more');
    set(undefined);
    const empties = current() === undefined && storage.getStore() === undefined;
    storage.enterWith('inside');
    const inside = current();
    const enters = inside?.size === 1 && inside.get(storage) === 'inside' && storage.getStore() === 'inside';
    storage.enterWith('further inside');
    const leavesMaps = current() !== inside && inside?.get(storage) === 'inside';
    set(around);
    return copies && empties && enters && leavesMaps && current() === around && storage.getStore() === 'around';
  });
  return worksAsExpected ? { current, set } : undefined;
}
