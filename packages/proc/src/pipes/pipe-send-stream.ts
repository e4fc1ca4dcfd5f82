import { fromWritable } from '@tercet/streams';
import type { SendStream } from '@tercet/streams';
import type { Writable } from 'node:stream';

/**
 * What a process reads, as a stream.
 *
 * With a high-water mark of 1 Node tells by `'drain'` when all has been written, which saves a callback for each write. It
 * cannot be given for the pipes of a child, so it is set where Node keeps it; if that place were gone, the callbacks stay.
 */
export function pipeSendStream(pipe: Writable): SendStream {
  const { _writableState: state } = pipe as { _writableState?: { highWaterMark?: number } };
  if (state?.highWaterMark !== undefined) state.highWaterMark = 1;
  return fromWritable(pipe);
}
