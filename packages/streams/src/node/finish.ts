import { suspend } from '@tercet/core/lowlevel';
import { finished } from 'node:stream';
import type { Duplex, Readable, Writable } from 'node:stream';

/**
 * Waits until a stream of Node is through with everything, closing what lies beneath included. A checkpoint.
 *
 * @throws what the stream fails with.
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
