import type { ItemFunction, Place, SyncDescription } from '../describing/section.ts';
import { isThenable } from '../running/input.ts';
import type { Step } from '../running/input.ts';

type Pending = PromiseLike<unknown> | undefined;

/**
 * A section that calls a function for each item and does something with the result. The function may be async; the next
 * item waits until it is done.
 *
 * @param use is called with the result.
 */
export function perItem(
  name: string,
  fn: ItemFunction,
  use: (result: unknown, item: unknown, next: Step, place: Place) => Pending,
): SyncDescription {
  const make = (called: ItemFunction): SyncDescription => ({
    kind: 'sync',
    name,
    detail: fn.name,
    calls: { fn: called, with: make },
    build: (next, place) => (item) => {
      let result;
      try {
        result = called(item);
      } catch (error) {
        throw place.blame(error);
      }
      return isThenable(result) ? useLater(result, item, next, place) : use(result, item, next, place);
    },
  });
  async function useLater(pending: PromiseLike<unknown>, item: unknown, next: Step, place: Place): Promise<void> {
    const result = await settled(pending, place);
    await use(result, item, next, place);
  }
  return make(fn);
}

/** The value of a promise of this section's function. */
export async function settled(pending: PromiseLike<unknown>, place: Place): Promise<unknown> {
  try {
    return await pending;
  } catch (error) {
    throw place.blame(error);
  }
}
