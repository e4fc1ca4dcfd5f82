import { openNursery } from '../tasks/open-nursery.ts';
import { requireFunction } from '../tasks/require-function.ts';
import { suspend } from '../waiting/suspend.ts';
import type { Waker } from '../waiting/wait.ts';

/**
 * Maps items, several at a time. An item is only taken from the source when there is room for it, so a lazy or async
 * source is never read ahead of the work.
 *
 * A checkpoint.
 *
 * @param options.concurrency how many items are worked on at a time; by default all of them.
 * @returns the results, in the order of the items.
 * @throws {ExceptionGroup} with the errors of `fn` and of the source; the rest is cancelled and waited for.
 * @throws {RangeError} when `concurrency` is no integer above zero, nor Infinity.
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @example
 * const sizes = await mapConcurrent(paths, (path) => path.stat().then((s) => s.size), { concurrency: 8 });
 */
export async function mapConcurrent<I, O>(
  items: Iterable<I> | AsyncIterable<I>,
  fn: (item: I, index: number) => O | PromiseLike<O>,
  options: { readonly concurrency?: number } = {},
): Promise<O[]> {
  requireFunction('mapConcurrent', fn);
  const { concurrency = Infinity } = options;
  if (concurrency !== Infinity && !(Number.isInteger(concurrency) && concurrency > 0)) {
    throw new RangeError(`mapConcurrent(): concurrency must be a positive integer or Infinity, not ${concurrency}`);
  }
  const results: O[] = [];
  let running = 0;
  let waiting: Waker<void> | undefined;
  await openNursery(async (nursery) => {
    let index = 0;
    const work = async (item: I, position: number): Promise<void> => {
      // After a failure no room is made: nothing more is begun, and the nursery is cancelled.
      results[position] = await fn(item, position);
      running--;
      waiting?.wake();
      waiting = undefined;
    };
    for await (const item of items) {
      running++;
      nursery.startSoon(work, item, index++);
      while (running >= concurrency) {
        await suspend<void>('room in mapConcurrent', (waker) => {
          waiting = waker;
          return () => {
            waiting = undefined;
            return 'succeeded';
          };
        });
      }
    }
  });
  return results;
}
