import type { ReceiveStream } from '../interfaces/receive-stream.ts';

/**
 * The iterator of a `ReceiveStream`: it calls `receiveSome()` until the end. It has no `return`, so that the stream stays
 * open when a loop is left.
 *
 * @example
 * [Symbol.asyncIterator](): AsyncIterator<Uint8Array> { return iterateChunks(this); }
 */
export function iterateChunks(stream: Pick<ReceiveStream, 'receiveSome'>): AsyncIterator<Uint8Array, undefined> {
  return {
    async next(): Promise<IteratorResult<Uint8Array, undefined>> {
      const chunk = await stream.receiveSome();
      return chunk === null ? { done: true, value: undefined } : { done: false, value: chunk };
    },
  };
}
