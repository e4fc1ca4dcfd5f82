import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { environment } from '../platform/platform.ts';

/** How frames are found and entered: `storage` holds the frame of the code that runs. */
export interface Contexts<F> {
  /** The frame of the calling code. */
  current(): F | undefined;
  /** Lets go of what the last look has found: it may be kept for the next one. */
  forget(): void;
  /** Calls `fn(argument)` in a frame, which all that it awaits keeps. What else the context around holds is kept, too. */
  enter<A, R>(frame: F, fn: (argument: A) => R, argument: A): R;
  /** The context of the calling code, as far as it matters to frames that are entered from it later. */
  capture(): unknown;
  /** The same as `enter`, as if it were called where the context was captured. */
  enterFrom<A, R>(captured: unknown, frame: F, fn: (argument: A) => R, argument: A): R;
}

/**
 * The cheapest way that this platform knows. Since Node 24 a context is an immutable map from storages to values, and
 * Node's class of those maps knows the one that is in force. Its documented functions copy that map for entering a frame and
 * again for leaving it, and make a resource for capturing it; with the class at hand a frame is entered by one copy, mostly
 * of an empty map, and left and captured by none (benchmarks `spawn and join`, `scope`, `checkpoint`). And since a map stays
 * as it is, the next look from the same one need not search it (benchmarks `checkpoint`, fs `lines`).
 *
 * The class is not documented. It is looked for, and tried out, when this module is loaded; where it is not found or does
 * something else (Node 20 and 22, Bun, Deno, a future Node), and with `TERCET_DOCUMENTED_ONLY=1`, the documented way is
 * taken.
 */
export function contextsOf<F>(storage: AsyncLocalStorage<F>): Contexts<F> {
  return maps === undefined ? documentedContexts(storage) : known(storage, maps);
}

/** The way that is documented, and works everywhere. */
export function documentedContexts<F>(storage: AsyncLocalStorage<F>): Contexts<F> {
  return {
    current: () => storage.getStore(),
    forget: () => undefined,
    enter: (frame, fn, argument) => storage.run(frame, fn, argument),
    capture: () => new AsyncResource('TERCET_TASK'),
    enterFrom: canEnterWith()
      ? // `enterWith` does not leak: the scope of the resource puts back what was there before.
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
  try {
    new AsyncResource('TERCET_PROBE').runInAsyncScope(() => new AsyncLocalStorage().enterWith(undefined));
    return true;
  } catch {
    return false;
  }
}

type ContextMap = ReadonlyMap<unknown, unknown>;

/** Node's class of the maps. */
interface ContextMaps {
  readonly current: () => ContextMap | undefined;
  readonly set: (map: ContextMap | undefined) => void;
}

function known<F>(storage: AsyncLocalStorage<F>, { current, set }: ContextMaps): Contexts<F> {
  // If all that a context holds is the value that is replaced by entering, an empty one does as well.
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
    : new AsyncResource('TERCET_PROBE').runInAsyncScope(findContextMaps);

// Called in the scope of a resource, which ends whatever this leaves behind. Storages leave a trace in the contexts that
// they were used in, so this has two of its own.
function findContextMaps(): ContextMaps | undefined {
  const storage = new AsyncLocalStorage<string>();
  const another = new AsyncLocalStorage<string>();
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
