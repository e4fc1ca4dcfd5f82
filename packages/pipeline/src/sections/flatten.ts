import { sectionOf } from '../describing/section.ts';
import type { ItemFunction, Place, Section } from '../describing/section.ts';
import type { Step } from '../running/input.ts';
import { NOTHING } from '../running/input.ts';
import { isAsyncIterable, isIterable } from '../running/open-source.ts';
import { AsyncIteratorInput } from '../running/source-inputs.ts';
import { describeMap } from './map.ts';
import { describe, requireFunction } from './require.ts';

/**
 * For `flatMap`.
 *
 * @example
 * const pagesOf = async (user: string): Promise<string[]> => [`${user}/1`, `${user}/2`];
 * await pipeline(['ann', 'bob'], flatMap(pagesOf, { concurrency: 2 })).toArray();
 * // ['ann/1', 'ann/2', 'bob/1', 'bob/2']
 */
export interface FlatMapOptions {
  /** How many items the function is called for at a time; 1 when left out. Their results keep the order of the items. */
  readonly concurrency?: number;
}

/**
 * Gives the items of each item: iterables, or async iterables.
 *
 * @example
 * const all = await pipeline([[1, 2], [], [3]], flatten()).toArray(); // [1, 2, 3]
 */
export function flatten<T>(): Section<Iterable<T> | AsyncIterable<T>, T> {
  return sectionOf({ kind: 'sync', name: 'flatten', build: flattening });
}

/**
 * Gives the items of what `fn` returns for each item; it may be async.
 *
 * @throws {TypeError} when `fn` is not a function.
 * @example
 * const lines = ['to be', 'or not'];
 * const words = await pipeline(lines, flatMap((line) => line.split(' '))).toArray(); // to, be, or, not
 */
export function flatMap<I, O>(
  fn: (item: I) => Iterable<O> | AsyncIterable<O> | PromiseLike<Iterable<O> | AsyncIterable<O>>,
  options: FlatMapOptions = {},
): Section<I, O> {
  requireFunction('flatMap', fn);
  return sectionOf({
    kind: 'composition',
    name: 'flatMap',
    sections: [
      describeMap('flatMap', fn as ItemFunction, options),
      { kind: 'sync', name: 'flatMap', detail: fn.name, isPart: true, build: flattening },
    ],
  });
}

function flattening(next: Step, place: Place): Step {
  return (item) => {
    if (isIterable(item)) return give(item[Symbol.iterator](), next, place);
    if (isAsyncIterable(item)) return giveLater(item[Symbol.asyncIterator](), next, place);
    throw place.blame(new TypeError(`${place.label}: an item must be iterable, not ${describe(item)}`));
  };
}

function give(iterator: Iterator<unknown>, next: Step, place: Place): ReturnType<Step> {
  const pending = advance(iterator, next, place);
  return pending === undefined ? undefined : goOn(pending, iterator, next, place);
}

/** Gives items until it has to wait: a promise; or until there is none left, or wanted: `undefined`. */
function advance(iterator: Iterator<unknown>, next: Step, place: Place): ReturnType<Step> {
  for (;;) {
    let step;
    try {
      step = iterator.next();
    } catch (error) {
      throw place.blame(error);
    }
    if (step.done === true) return undefined;
    let pending;
    try {
      pending = next(step.value) ?? place.pace();
    } catch (error) {
      iterator.return?.();
      throw error;
    }
    if (pending !== undefined) return pending;
    if (place.isOver) return void iterator.return?.();
  }
}

async function goOn(
  pending: PromiseLike<unknown>,
  iterator: Iterator<unknown>,
  next: Step,
  place: Place,
): Promise<void> {
  for (let waiting: ReturnType<Step> = pending; waiting !== undefined;) {
    try {
      await waiting;
    } catch (error) {
      iterator.return?.();
      throw error;
    }
    if (place.isOver) return void iterator.return?.();
    waiting = advance(iterator, next, place);
  }
}

async function giveLater(iterator: AsyncIterator<unknown>, next: Step, place: Place): Promise<void> {
  const input = new AsyncIteratorInput(iterator);
  try {
    while (!place.isOver) {
      const item = input.take();
      if (item !== NOTHING) await (next(item) ?? place.pace());
      else if (!(await moreOf(input, place))) return;
    }
  } finally {
    await input.close();
  }
}

async function moreOf(input: AsyncIteratorInput, place: Place): Promise<boolean> {
  try {
    return await input.more();
  } catch (error) {
    throw place.blame(error);
  }
}
