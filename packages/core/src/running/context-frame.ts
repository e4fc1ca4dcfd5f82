import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { environment } from './platform.ts';

/**
 * A context without any value of any AsyncLocalStorage, and the property under which an AsyncResource keeps the context in
 * which it was made: a map, from storage to value. Neither is documented, so both are tried out before they are used.
 */
interface KnownLayout {
  readonly key: symbol;
  readonly empty: AsyncResource;
}

/**
 * Undefined where contexts are made of something else, such as on Node 20: there, entering one is cheap already. And with
 * `TERCET_DOCUMENTED_ONLY=1`.
 */
const layout: KnownLayout | undefined =
  environment('TERCET_DOCUMENTED_ONLY') === '1'
    ? undefined
    : new AsyncResource('TERCET_PROBE').runInAsyncScope(findLayout);

/** Whether a frame is entered at less cost from a captured context than by `run` of the storage. */
export const capturingPays: boolean = layout !== undefined;

/**
 * Where to enter a frame from: `context`, or the empty context if all that `context` holds is the value of the
 * storage that is replaced by entering. Each entering copies the map around it, and copying an empty one costs a third (benchmark
 * `spawn-and-join`).
 */
export function cheapestLike(context: AsyncResource, replaced: AsyncLocalStorage<unknown>): AsyncResource {
  if (layout === undefined) return context;
  const map = mapOf(context, layout.key);
  return map?.size === 1 && map.has(replaced) ? layout.empty : context;
}

function mapOf(context: AsyncResource, key: symbol): ReadonlyMap<unknown, unknown> | undefined {
  return (context as unknown as Record<symbol, ReadonlyMap<unknown, unknown> | undefined>)[key];
}

// Storages leave a trace in the context that they were used in, so this has one of its own.
function findLayout(): KnownLayout | undefined {
  const storage = new AsyncLocalStorage<string>();
  const another = new AsyncLocalStorage<string>();
  const make = (): AsyncResource => new AsyncResource('TERCET_EMPTY');
  const inside = storage.run('value', make);
  const key = Object.getOwnPropertySymbols(inside).find((symbol) => {
    const map = mapOf(inside, symbol);
    return typeof map?.get === 'function' && map.get(storage) === 'value';
  });
  if (key === undefined) return undefined;
  const empty = make();
  (empty as unknown as Record<symbol, undefined>)[key] = undefined;
  const sees = (): string | undefined => storage.getStore();
  const worksAsExpected = storage.run('value', () => {
    const before = empty.runInAsyncScope(sees) === undefined && sees() === 'value';
    const entered = empty.runInAsyncScope(
      () => (storage.enterWith('other'), mapOf(make(), key)?.size === 1 && sees() === 'other'),
    );
    return before && entered && sees() === 'value' && another.run('more', () => mapOf(make(), key)?.size === 2);
  });
  return worksAsExpected ? { key, empty } : undefined;
}
