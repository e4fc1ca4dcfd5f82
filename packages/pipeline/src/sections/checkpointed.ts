import { sourceOf } from '../describing/source.ts';
import type { FlowSource, Source, SourceDescription } from '../describing/source.ts';
import { CheckpointedSource, isSource } from '../running/open-source.ts';
import { describe, requireFunction } from './require.ts';

/**
 * For `checkpointed`.
 *
 * @example
 * let done = -1;
 * const options: CheckpointOptions<{ offset: number }> = {
 *   position: ({ offset }) => offset,
 *   ack: (offset) => void (done = offset), // where to go on after a restart
 * };
 * const messages = checkpointed([{ offset: 7 }, { offset: 8 }], options);
 * await pipeline(messages, map(async ({ offset }) => sleep(1), { concurrency: 2 })).forEach(() => undefined);
 * done; // 8
 */
export interface CheckpointOptions<T, P = number> {
  /**
   * Called with the position of an item when it, and every item before it, has left the pipeline. A promise that it
   * returns is waited for, and its error fails the pipeline.
   */
  readonly ack: (position: P) => unknown;
  /** The position of an item; its number, from 0 on, when left out. */
  readonly position?: (item: T, index: number) => P;
}

/**
 * A source that can be resumed after a crash: `ack` is called, in order, with each position up to which everything is done.
 *
 * An item is done when everything that was made of it has been consumed or dropped. For the reader of `open`, and for the body of
 * a `taskSection`, it is done when the next one is asked for. A batch holds back the positions of what is in
 * it. After `partition`, `route`, `broadcast` and `workerSection`, and with taps, positions are acknowledged at the end only.
 *
 * @throws {TypeError} when `source` is not a source or `ack` not a function.
 * @example
 * const from = await loadOffset();
 * const source = checkpointed(readLog(from), { ack: saveOffset, position: (record) => record.offset });
 * await pipeline(source, map(handle, { concurrency: 8 })).drain();
 */
export function checkpointed<T, P = number>(source: Source<T>, options: CheckpointOptions<T, P>): FlowSource<T> {
  if (!isSource(source)) throw new TypeError(`checkpointed() takes a source, not ${describe(source)}`);
  const { ack, position = (_item: T, index: number) => index as P } = options ?? {};
  requireFunction('checkpointed(): ack', ack);
  requireFunction('checkpointed(): position', position);
  return new MarkedSource(
    new CheckpointedSource(
      source,
      ack as (position: unknown) => unknown,
      position as (item: unknown, index: number) => unknown,
    ),
  ) as unknown as FlowSource<T>;
}

class MarkedSource {
  readonly [sourceOf]: SourceDescription;

  constructor(source: CheckpointedSource) {
    this[sourceOf] = { source, sections: [], consumed: false };
  }
}
