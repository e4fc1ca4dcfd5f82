import { suspend } from '@tercet/core/lowlevel';
import { finished } from 'node:stream';
import type { Duplex, Readable, Writable } from 'node:stream';

/**
 * Waits until one direction of a stream of Node has finished, and what lies beneath it is closed. A checkpoint.
 *
 * @throws the error with which the stream fails.
 */
export function untilFinished(stream: Readable | Writable | Duplex, half: 'readable' | 'writable'): Promise<void> {
  return suspend<void>(`the end of a ${half} stream`, (waker) => {
    const stopListening = finished(stream, { [half === 'readable' ? 'writable' : 'readable']: false }, (error) => {
      stopListening();
      if (error === null || error === undefined) waker.wake();
      else waker.fail(error);
    });
    return () => {
      stopListening();
      return 'succeeded';
    };
  });
}
