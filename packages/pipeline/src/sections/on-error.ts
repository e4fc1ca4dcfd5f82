import type { SendChannel } from '@tercet/sync';
import { sectionOf } from '../describing/section.ts';
import type { OnError, Section } from '../describing/section.ts';
import { describe } from './require.ts';

/**
 * An item that has failed, and its error.
 *
 * @example
 * const [failed, failures] = openMemoryChannel<FailedItem<string>>(100);
 * await pipeline(['1', 'x'], map(BigInt, { onError: { to: failed } })).toArray();
 * const { item, error } = failures.receiveNowait(); // 'x', a SyntaxError
 */
export interface FailedItem<out I> {
  readonly item: I;
  readonly error: unknown;
}

/**
 * How to handle the error of a function for an item. `'fail'`: the pipeline fails. `'skip'`: only the item is dropped.
 * `{ to }`: it is dropped, and sent to a channel together with its error. A function: when it returns, the item is dropped,
 * and when it throws, that is the error.
 *
 * @example
 * const report: ErrorHandling<string> = (error, item) => console.error(`${item}: ${String(error)}`);
 * await pipeline(['1', 'x'], map(BigInt, { onError: report })).toArray(); // [1n], and a line about 'x'
 */
export type ErrorHandling<I> =
  'fail' | 'skip' | { readonly to: SendChannel<FailedItem<I>> } | ((error: unknown, item: I) => unknown);

/**
 * Says what becomes of an item for which the section before it fails. `Cancelled` of the surrounding scope is not an error.
 *
 * @throws {TypeError} by `pipeline`, when the section before it does not call a function for each item.
 * @example
 * await pipeline(texts, map(JSON.parse), onError('skip')).forEach(store);
 */
export function onError<T>(handling: ErrorHandling<never>): Section<T, T> {
  if (handling === 'fail') return sectionOf({ kind: 'composition', name: 'onError', sections: [] });
  return sectionOf({ kind: 'policy', name: 'onError', onError: handlerOf('onError', handling) });
}

export function handlerOf(operation: string, handling: ErrorHandling<never>): OnError {
  if (handling === 'skip') return () => true;
  if (typeof handling === 'function') {
    return async (error, item) => {
      await (handling as (error: unknown, item: unknown) => unknown)(error, item);
      return true;
    };
  }
  const { to } = (handling ?? {}) as { readonly to?: SendChannel<FailedItem<unknown>> };
  if (typeof to?.send !== 'function') {
    throw new TypeError(
      `${operation}(): onError is 'fail', 'skip', { to: channel } or a function, not ${describe(handling)}`,
    );
  }
  return async (error, item) => {
    await to.send({ item, error });
    return true;
  };
}
