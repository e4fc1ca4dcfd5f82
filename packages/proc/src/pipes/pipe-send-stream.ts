import { fromWritable } from '@tercet/streams';
import type { SendStream } from '@tercet/streams';
import type { Writable } from 'node:stream';
import { askForEveryDrain } from '../undocumented/ask-for-every-drain.ts';

/** The input of a process as a stream. */
export function pipeSendStream(pipe: Writable): SendStream {
  askForEveryDrain(pipe);
  return fromWritable(pipe);
}
