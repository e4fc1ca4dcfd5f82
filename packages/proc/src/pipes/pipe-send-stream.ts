import { fromWritable } from '@tercet/streams';
import type { SendStream } from '@tercet/streams';
import type { Writable } from 'node:stream';
import { askForEveryDrain } from '../undocumented/ask-for-every-drain.ts';

/** What a process reads, as a stream. */
export function pipeSendStream(pipe: Writable): SendStream {
  askForEveryDrain(pipe);
  return fromWritable(pipe);
}
