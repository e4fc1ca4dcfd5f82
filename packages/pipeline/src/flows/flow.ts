import { inspectAs } from '@tercet/core/lowlevel';
import type { ReceiveChannel } from '@tercet/sync';
import type { Section, SectionDescription } from '../describing/section.ts';
import { sourceOf } from '../describing/source.ts';
import type { FlowSource, SourceDescription } from '../describing/source.ts';
import { describeMap } from '../sections/map.ts';
import { requirePlan, requireSections } from './checks.ts';
import { consume, read } from './consume.ts';
import { requireFunction } from '../sections/require.ts';
import { calling, collecting, counting, draining, folding, takingFirst } from './sinks.ts';
import { sendTo } from './send-to.ts';
import type { SendToOptions, Target } from './send-to.ts';

/**
 * For `forEach`.
 *
 * @example
 * await pipeline(['a', 'b', 'c']).forEach((name) => sleep(2), { concurrency: 3 });
 */
export interface ForEachOptions {
  /** How many items the function is called for at a time; 1 when left out. */
  readonly concurrency?: number;
}

/**
 * The text of the compiler's error for a loop over a flow.
 *
 * @example
 * const flow = pipeline([1, 2, 3]);
 * // for await (const item of flow) {} does not compile, and the compiler shows this text. What to write instead:
 * await flow.open(async (items) => {
 *   for await (const item of items) console.log(item);
 * });
 */
export type NotIterable =
  'A Flow is not iterable: use flow.forEach(fn), or flow.open(async (items) => { for await (const item of items) … })';

let makeFlow: (description: SourceDescription) => Flow<unknown>;

/**
 * A description of a pipeline: see `pipeline`, which makes one. It holds no state, so it can be consumed any number of
 * times, also at the same time, as far as its source can.
 *
 * Each method that consumes it is a checkpoint, runs all of the pipeline inside the call, and leaves nothing behind: when it
 * returns or throws, every task has ended, and the source has been closed. It throws
 *
 * - an `ExceptionGroup` when a section, the source or the consumer fails. Its message names the section. Items before the
 *   error have been delivered, the rest is cancelled.
 * - `Cancelled` when the surrounding scope is cancelled, and `StateError` outside of a run, or when the source is an
 *   iterator that has been read already.
 */
// The interface adds only what there is for the types.
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the static block defines its only member
export class Flow<out T> {
  static {
    makeFlow = (description) => new Flow<unknown>(description);
    inspectAs(this, (flow) => `Flow ${flow.#describe()}`);
    // For code without types: a loop over a flow could not own its tasks.
    Object.defineProperty(this.prototype, Symbol.asyncIterator, {
      value() {
        throw new TypeError(
          'a Flow is not iterable: use flow.forEach(fn), or flow.open(async (items) => { for await (const item of items) … })',
        );
      },
    });
  }

  private constructor(description: SourceDescription) {
    if (description === undefined) throw new TypeError('Flow has no public constructor; use pipeline()');
    Object.defineProperty(this, sourceOf, { value: description });
  }

  /** The flow with more sections at its end. Not a checkpoint. @throws {TypeError} when an argument is not a section. */
  through<B>(a: Section<NoInfer<T>, B>): Flow<B>;
  through<B, C>(a: Section<NoInfer<T>, B>, b: Section<NoInfer<B>, C>): Flow<C>;
  through<B, C, D>(a: Section<NoInfer<T>, B>, b: Section<NoInfer<B>, C>, c: Section<NoInfer<C>, D>): Flow<D>;
  through<B, C, D, E>(
    a: Section<NoInfer<T>, B>,
    b: Section<NoInfer<B>, C>,
    c: Section<NoInfer<C>, D>,
    d: Section<NoInfer<D>, E>,
  ): Flow<E>;
  through<B, C, D, E, F>(
    a: Section<NoInfer<T>, B>,
    b: Section<NoInfer<B>, C>,
    c: Section<NoInfer<C>, D>,
    d: Section<NoInfer<D>, E>,
    e: Section<NoInfer<E>, F>,
  ): Flow<F>;
  through<B, C, D, E, F, G>(
    a: Section<NoInfer<T>, B>,
    b: Section<NoInfer<B>, C>,
    c: Section<NoInfer<C>, D>,
    d: Section<NoInfer<D>, E>,
    e: Section<NoInfer<E>, F>,
    f: Section<NoInfer<F>, G>,
  ): Flow<G>;
  through<B, C, D, E, F, G, H>(
    a: Section<NoInfer<T>, B>,
    b: Section<NoInfer<B>, C>,
    c: Section<NoInfer<C>, D>,
    d: Section<NoInfer<D>, E>,
    e: Section<NoInfer<E>, F>,
    f: Section<NoInfer<F>, G>,
    g: Section<NoInfer<G>, H>,
  ): Flow<H>;
  through<B, C, D, E, F, G, H, I>(
    a: Section<NoInfer<T>, B>,
    b: Section<NoInfer<B>, C>,
    c: Section<NoInfer<C>, D>,
    d: Section<NoInfer<D>, E>,
    e: Section<NoInfer<E>, F>,
    f: Section<NoInfer<F>, G>,
    g: Section<NoInfer<G>, H>,
    h: Section<NoInfer<H>, I>,
  ): Flow<I>;
  through<B, C, D, E, F, G, H, I, J>(
    a: Section<NoInfer<T>, B>,
    b: Section<NoInfer<B>, C>,
    c: Section<NoInfer<C>, D>,
    d: Section<NoInfer<D>, E>,
    e: Section<NoInfer<E>, F>,
    f: Section<NoInfer<F>, G>,
    g: Section<NoInfer<G>, H>,
    h: Section<NoInfer<H>, I>,
    i: Section<NoInfer<I>, J>,
  ): Flow<J>;
  through<B, C, D, E, F, G, H, I, J, K>(
    a: Section<NoInfer<T>, B>,
    b: Section<NoInfer<B>, C>,
    c: Section<NoInfer<C>, D>,
    d: Section<NoInfer<D>, E>,
    e: Section<NoInfer<E>, F>,
    f: Section<NoInfer<F>, G>,
    g: Section<NoInfer<G>, H>,
    h: Section<NoInfer<H>, I>,
    i: Section<NoInfer<I>, J>,
    j: Section<NoInfer<J>, K>,
  ): Flow<K>;
  through<B, C, D, E, F, G, H, I, J, K, L>(
    a: Section<NoInfer<T>, B>,
    b: Section<NoInfer<B>, C>,
    c: Section<NoInfer<C>, D>,
    d: Section<NoInfer<D>, E>,
    e: Section<NoInfer<E>, F>,
    f: Section<NoInfer<F>, G>,
    g: Section<NoInfer<G>, H>,
    h: Section<NoInfer<H>, I>,
    i: Section<NoInfer<I>, J>,
    j: Section<NoInfer<J>, K>,
    k: Section<NoInfer<K>, L>,
  ): Flow<L>;
  through<B, C, D, E, F, G, H, I, J, K, L, M>(
    a: Section<NoInfer<T>, B>,
    b: Section<NoInfer<B>, C>,
    c: Section<NoInfer<C>, D>,
    d: Section<NoInfer<D>, E>,
    e: Section<NoInfer<E>, F>,
    f: Section<NoInfer<F>, G>,
    g: Section<NoInfer<G>, H>,
    h: Section<NoInfer<H>, I>,
    i: Section<NoInfer<I>, J>,
    j: Section<NoInfer<J>, K>,
    k: Section<NoInfer<K>, L>,
    l: Section<NoInfer<L>, M>,
  ): Flow<M>;
  through(...sections: unknown[]): Flow<unknown> {
    return flowOf(this, requireSections('through', sections, 1));
  }

  /**
   * Calls `fn` for each item, and waits for what it returns before the next one.
   *
   * @example
   * await pipeline(urls, map(fetchPage, { concurrency: 8 })).forEach((page) => store(page));
   */
  async forEach(fn: (item: T) => unknown, options: ForEachOptions = {}): Promise<void> {
    requireFunction('forEach', fn);
    const { concurrency = 1 } = options;
    if (concurrency === 1) return await consume(this, calling(fn as (item: unknown) => unknown));
    const each = describeMap('forEach', fn as (item: unknown) => unknown, { concurrency, ordered: false });
    await consume(flowOf(this, [each]), draining('forEach'));
  }

  /** All items. */
  async toArray(): Promise<T[]> {
    const items: T[] = [];
    await consume(this, collecting(items));
    return items;
  }

  /** Folds all items into one value: `fn` gets the value that it has returned before, at first `initial`. It may be async. */
  async reduce<R>(fn: (result: R, item: T) => R | PromiseLike<R>, initial: R): Promise<R> {
    requireFunction('reduce', fn);
    const state = { result: initial as unknown };
    await consume(this, folding(state, fn as (result: unknown, item: unknown) => unknown));
    return state.result as R;
  }

  /** The first item, or `undefined` when there is none; no other one is taken from the source by synchronous sections. */
  async first(): Promise<T | undefined> {
    const found: { item?: unknown } = {};
    await consume(this, takingFirst(found));
    return found.item as T | undefined;
  }

  /** How many items there are. */
  async count(): Promise<number> {
    const state = { count: 0 };
    await consume(this, counting(state));
    return state.count;
  }

  /** Lets all items pass, for what the sections do with them. */
  async drain(): Promise<void> {
    await consume(this, draining('drain'));
  }

  /**
   * Calls `body` with a channel of the items. Leaving it early cancels what is above, and waits until it has cleaned up.
   * When a section fails, `body` is cancelled after the items before.
   *
   * @returns what `body` returns.
   * @example
   * const header = await pipeline(rows).open(async (items) => await items.receive());
   */
  async open<R>(body: (items: ReceiveChannel<T>) => R | PromiseLike<R>): Promise<R> {
    requireFunction('open', body);
    return await read<T, R>(this, body);
  }

  /**
   * Sends all items to a channel, to a stream of Tercet, of Node or of the web, with its back-pressure. Streams of Node and
   * of the web are ended after the last item, and destroyed when the pipeline fails; a channel and a `SendStream` stay
   * open. When the target fails or is closed from its other side, the source is closed.
   *
   * @param options.end whether to end the target after the last item, against the rule above.
   */
  async sendTo(target: Target<T>, options: SendToOptions = {}): Promise<void> {
    await sendTo(this, target as Target<unknown>, options);
  }

  #describe(): string {
    const names: string[] = [];
    for (const { name } of this[sourceOf].sections) names.push(name);
    return names.length === 0 ? 'of its source' : `with ${names.join(', ')}`;
  }
}

/** This method does not exist: its type is the error that the compiler gives for a loop over a flow. */
export interface Flow<out T> extends FlowSource<T> {
  readonly [Symbol.asyncIterator]: NotIterable;
}

/** Source and sections as a flow. */
export function flowOf(source: unknown, sections: readonly SectionDescription[]): Flow<unknown> {
  requirePlan(source, sections);
  return makeFlow({ source, sections, consumed: false });
}
