import type { Combiner } from '../describing/combiner.ts';
import { NOTHING } from '../running/input.ts';
import type { Input } from '../running/input.ts';
import { isSource } from '../running/open-source.ts';
import { describe } from '../sections/require.ts';
import { isReady, Several } from './several.ts';
import { combining, placedSources } from './sources.ts';
import type { ItemOf, ItemsOf, Placement, Sources } from './sources.ts';

/**
 * For `zipLatest`.
 *
 * @example
 * const prices = [10, 11];
 * const rates = [1.1];
 * // A price together with the latest rate; a new rate alone leads to nothing.
 * await pipeline(zipLatest(prices, { monitor: [rates], default: 1 })).toArray();
 */
export interface ZipLatestOptions<M extends Sources = [], D = undefined> {
  /** Whether an array is given before each source has had an item; true when left out. */
  readonly partial?: boolean;
  /** The value in place of a source that has had no item. */
  readonly default?: D;
  /** Sources whose items are kept, after those of the others in the array, but lead to none. */
  readonly monitor?: readonly [...M];
  /** Whether it ends with the first source that ends, which is the default, or with the last. */
  readonly inputs?: 'any' | 'all';
  /** As a section: whether the items from above are only kept, like those of `monitor`. */
  readonly monitorInput?: boolean;
}

/**
 * Gives, for each item of one of the sources, an array of the latest items of all. With `partial: false` nothing is given until
 * every source has had one, the monitored ones, too.
 *
 * As a section, the items from above come first; `zipLatest({ first, last }, options)` says what comes before and after them.
 *
 * @throws {TypeError} when an argument is not a source, or an option is of another type.
 * @example
 * await pipeline(zipLatest(temperature, humidity, { partial: false })).forEach(([celsius, percent]) => show(celsius, percent));
 */
export function zipLatest<S extends Sources, I = never>(
  ...sources: S
): Combiner<I, [I | undefined, ...Maybe<S, undefined>], Maybe<S, undefined>>;
export function zipLatest<S extends Sources, M extends Sources = [], D = undefined, I = never>(
  ...args: [...sources: S, options: ZipLatestOptions<M, D> & { readonly partial: false }]
): Combiner<I, [I, ...ItemsOf<S>, ...ItemsOf<M>], [...ItemsOf<S>, ...ItemsOf<M>]>;
export function zipLatest<S extends Sources, M extends Sources = [], D = undefined, I = never>(
  ...args: [...sources: S, options: ZipLatestOptions<M, D>]
): Combiner<I, [I | D, ...Maybe<S, D>, ...Maybe<M, D>], [...Maybe<S, D>, ...Maybe<M, D>]>;
export function zipLatest<
  F extends Sources = [],
  L extends Sources = [],
  M extends Sources = [],
  D = undefined,
  I = never,
>(
  placement: Placement<F, L>,
  options?: ZipLatestOptions<M, D>,
): Combiner<
  I,
  [...Maybe<F, D>, I | D, ...Maybe<L, D>, ...Maybe<M, D>],
  [...Maybe<F, D>, ...Maybe<L, D>, ...Maybe<M, D>]
>;
export function zipLatest(...args: unknown[]): Combiner<never, unknown, unknown> {
  const { placed, options } = placedSources<ZipLatestOptions<Sources, unknown>>('zipLatest', args, {});
  const { partial = true, monitor = [], inputs: ending = 'any', monitorInput = false } = options;
  if (!Array.isArray(monitor) || !monitor.every(isSource)) {
    throw new TypeError(`zipLatest(): monitor must be an array of sources, not ${describe(monitor)}`);
  }
  if (ending !== 'any' && ending !== 'all') {
    throw new TypeError(`zipLatest(): inputs must be 'any' or 'all', not ${describe(ending)}`);
  }
  const all = { sources: [...placed.sources, ...(monitor as unknown[])], inputAt: placed.inputAt };
  const opening = { linked: true, capacity: 1 };
  return combining('zipLatest', all, opening, async (openers, emit, place) => {
    const hasInput = openers.length > all.sources.length;
    const isMonitored = (index: number): boolean =>
      index >= openers.length - monitor.length || (hasInput && monitorInput && index === all.inputAt);
    const inputs = new Map<number, Input>(openers.map((open, index) => [index, open()]));
    const several = new Several();
    for (const input of inputs.values()) several.add(input);
    const latest = new Array<unknown>(inputs.size).fill(NOTHING);
    for (;;) {
      let hasMoved = false;
      for (const [index, input] of inputs) {
        const item = input.take();
        if (item === NOTHING) {
          if (!isReady(input) || (await input.more())) continue;
          if (ending === 'any') return;
          inputs.delete(index);
          several.delete(input);
          if (inputs.size === 0) return;
          continue;
        }
        hasMoved = true;
        latest[index] = item;
        if (isMonitored(index) || (!partial && latest.includes(NOTHING))) continue;
        await emit(latest.map((value) => (value === NOTHING ? options.default : value)));
        if (place.isOver) return;
        await place.pace();
      }
      if (!hasMoved) await several.wait();
    }
  });
}

type Maybe<S extends readonly unknown[], D> = { -readonly [K in keyof S]: ItemOf<S[K]> | D };
