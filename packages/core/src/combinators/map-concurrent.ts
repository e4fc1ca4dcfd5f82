import { openNursery } from '../tasks/open-nursery.ts';
import { describeValue } from '../errors/describe-value.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { checkpoint, rejected, rejectIfLate } from '../waiting/checkpoint.ts';
import { suspend } from '../waiting/suspend.ts';
import type { Waker } from '../waiting/wait.ts';
import { endedFromInside } from './ended-from-inside.ts';

type Items<I> = Iterable<I> | AsyncIterable<I>;
type Mapper<I, O> = (item: I, index: number) => O | PromiseLike<O>;

/**
 * Maps items, several at a time. It takes an item from the source only when it can begin to work on it, so a lazy or async
 * source is never read ahead of the work.
 *
 * A checkpoint, and one for each item: between two items a deadline or a failure ends it, and the source is closed. If the
 * source awaits a promise that is not Tercet's, it waits for that.
 *
 * @param options.concurrency the number of items that are worked on at a time; no limit by default.
 * @returns the results, in the order of the items.
 * @throws {ExceptionGroup} with the errors of `fn` and of the source; the rest is cancelled and waited for.
 * @throws {TypeError} when `items` cannot be iterated over. @throws {RangeError} when `concurrency` is not a positive integer
 * or Infinity.
 * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
 * @example
 * const paths = ['a.txt', 'b.txt'].map((name) => new Path(name));
 * const sizes = await mapConcurrent(paths, async (path) => (await path.exists()) ? (await path.stat()).size : 0, {
 *   concurrency: 8,
 * });
 */
export function mapConcurrent<I, O>(
  items: Iterable<I> | AsyncIterable<I>,
  fn: (item: I, index: number) => O | PromiseLike<O>,
  options: { readonly concurrency?: number } = {},
): Promise<O[]> {
  try {
    requireFunction('mapConcurrent', fn);
    requireIterable(items);
    const { concurrency = Infinity } = options;
    if (concurrency !== Infinity && !(Number.isInteger(concurrency) && concurrency > 0)) {
      throw new RangeError(`mapConcurrent(): concurrency must be a positive integer or Infinity, not ${concurrency}`);
    }
    return rejectIfLate('mapConcurrent()') ?? mapAll(items, fn, concurrency);
  } catch (error) {
    return rejected(error);
  }
}

function isAsync<I>(items: Items<I>): items is AsyncIterable<I> {
  return Symbol.asyncIterator in Object(items);
}

function requireIterable(items: unknown): void {
  const source = Object(items) as object;
  if (items !== undefined && items !== null && (Symbol.asyncIterator in source || Symbol.iterator in source)) return;
  throw new TypeError(
    `mapConcurrent() takes items that are iterable or async iterable, but got ${describeValue(items)}`,
  );
}

async function mapAll<I, O>(items: Items<I>, fn: Mapper<I, O>, concurrency: number): Promise<O[]> {
  const results: O[] = [];
  let done = 0;
  let count: number | undefined;
  let waiting: Waker<void> | undefined;
  await openNursery(async (nursery) => {
    let begun = 0;
    const work = async (item: I, index: number): Promise<void> => {
      // A failure makes no room: no other item is begun, since the nursery is cancelled.
      results[index] = await fn(item, index);
      done++;
      const waker = waiting;
      waiting = undefined;
      waker?.wake();
    };
    const begin = async (item: I): Promise<void> => {
      // The work may end before there is a wait for room, and the source may never wait.
      await checkpoint();
      nursery.startSoon(work, item, begun++);
      while (begun - done >= concurrency) {
        await suspend<void>('room in mapConcurrent', (waker) => {
          waiting = waker;
          return () => {
            waiting = undefined;
            return 'succeeded';
          };
        });
      }
    };
    // The items of an iterable are handed over as they are, promises too, for which a `for await` would wait one by one.
    if (isAsync(items)) for await (const item of items) await begin(item);
    else for (const item of items) await begin(item);
    count = begun;
  });
  if (done !== count) throw endedFromInside('mapConcurrent()');
  return results;
}
