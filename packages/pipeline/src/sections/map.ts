import { sectionOf } from '../describing/section.ts';
import type {
  ItemFunction,
  MapDescription,
  Place,
  Section,
  SectionDescription,
  SyncDescription,
} from '../describing/section.ts';
import type { Executor, RemoteFunction } from '../describing/executor.ts';
import { isThenable } from '../running/input.ts';
import type { Step } from '../running/input.ts';
import { handlerOf } from './on-error.ts';
import type { ErrorHandling } from './on-error.ts';
import { settled } from './per-item.ts';
import { requireCount, requireFunction } from './require.ts';
import { retryPolicyOf } from './retry.ts';
import type { RetryOptions } from './retry.ts';

/**
 * For `map`.
 *
 * @example
 * const options: MapOptions<{ user: string }> = {
 *   concurrency: 8,
 *   ordered: false, // the fastest answer first
 *   key: ({ user }) => user, // but those of one user in their order
 *   retry: { attempts: 3, backoff: { milliseconds: 1 } },
 *   onError: 'skip',
 * };
 * await pipeline([{ user: 'ann' }, { user: 'bob' }], map(async ({ user }) => user.length, options)).toArray();
 */
export interface MapOptions<I> {
  /** How many items the function is called for at a time; 1 when left out. */
  readonly concurrency?: number;
  /** Whether the results come in the order of the items; true when left out. */
  readonly ordered?: boolean;
  /**
   * How many items more than `concurrency` may have been begun while the result of the first of them is late. As many as
   * `concurrency` when left out.
   */
  readonly ahead?: number;
  /** Items with equal keys are worked on one after the other, in their order. */
  readonly key?: (item: I) => unknown;
  /** Calls the function again when it fails. */
  readonly retry?: RetryOptions;
  /** How an item is treated whose function has failed; by default the pipeline fails. */
  readonly onError?: ErrorHandling<I>;
  /** Where the function is called, such as in worker threads. The function must then be one that the executor takes. */
  readonly executor?: Executor;
}

/**
 * Gives what `fn` makes of each item. `fn` may be async.
 *
 * With a plain function and no options it runs in one task with its neighbours: a promise that the function returns is waited
 * for, and nothing else happens meanwhile. An `async` function, or any of the options, makes it a task that works beside
 * those of the other sections.
 *
 * Errors of `fn` end the pipeline, after the items before have been delivered.
 *
 * @throws {TypeError} when `fn` is not a function. @throws {RangeError} when a number does not fit.
 * @example
 * await pipeline(urls, map(fetchPage, { concurrency: 8, retry: { attempts: 3 } })).forEach(store);
 */
export function map<I, O>(fn: (item: I) => O, options?: MapOptions<I>): Section<I, Awaited<O>>;
export function map<I, O>(
  fn: RemoteFunction<[item: I], O>,
  options: MapOptions<I> & { readonly executor: Executor },
): Section<I, Awaited<O>>;
export function map(fn: unknown, options: MapOptions<never> = {}): Section<never, unknown> {
  const { executor } = options;
  if (executor !== undefined) {
    const call: ItemFunction = (item) => executor.run(fn as RemoteFunction<[unknown], unknown>, item);
    return sectionOf(describeMap('map', call, options, nameOf(fn)));
  }
  requireFunction('map', fn);
  return sectionOf(describeMap('map', fn as ItemFunction, options));
}

/** As its own stage when that can make a difference, else fused with its neighbours. */
export function describeMap(
  name: string,
  fn: ItemFunction,
  options: MapOptions<never>,
  detail: string = fn.name,
): SectionDescription {
  const isPlain = Object.values(options).every((value) => value === undefined) && !isAsync(fn);
  return isPlain ? syncMap(name, fn, detail) : concurrentMap(name, fn, options, detail);
}

function concurrentMap(name: string, fn: ItemFunction, options: MapOptions<never>, detail: string): MapDescription {
  const concurrency = requireCount(name, 'concurrency', options.concurrency ?? 1, 1);
  const ahead = requireCount(name, 'ahead', options.ahead ?? concurrency, 0);
  const { ordered = true, key, retry, onError } = options;
  if (key !== undefined) requireFunction(`${name}(): key`, key);
  return {
    kind: 'map',
    name,
    detail,
    fn,
    concurrency,
    ordered,
    ahead,
    key: key as ItemFunction | undefined,
    retry: retry === undefined ? undefined : retryPolicyOf(name, retry),
    onError: onError === undefined || onError === 'fail' ? undefined : handlerOf(name, onError),
  };
}

function syncMap(name: string, fn: ItemFunction, detail: string): SyncDescription {
  const make = (called: ItemFunction): SyncDescription => ({
    kind: 'sync',
    name,
    detail,
    calls: { fn: called, with: make },
    isMap: true,
    build: (next, place) => (item) => {
      let value;
      try {
        value = called(item);
      } catch (error) {
        throw place.blame(error);
      }
      return isThenable(value) ? nextLater(value, next, place) : next(value);
    },
  });
  return make(fn);
}

async function nextLater(value: PromiseLike<unknown>, next: Step, place: Place): Promise<void> {
  await next(await settled(value, place));
}

function isAsync(fn: ItemFunction): boolean {
  return Object.prototype.toString.call(fn) === '[object AsyncFunction]';
}

function nameOf(fn: unknown): string {
  const name = (fn as { readonly name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : '';
}
