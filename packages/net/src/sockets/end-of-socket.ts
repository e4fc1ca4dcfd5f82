import { moveOnAfter } from '@tercet/core';
import { suspend } from '@tercet/core/lowlevel';
import type { Socket } from 'node:net';

/** How long a socket that is being closed goes on reading: milliseconds. */
const LINGER = 1000;

/**
 * Waits until the peer has sent its end, for a second at most. Closing a socket while bytes arrive resets the connection,
 * and the peer could lose bytes that were sent to it.
 *
 * @param events the events that end the wait.
 */
export async function linger(socket: Socket, events: readonly string[] = ['end', 'close']): Promise<void> {
  if (socket.destroyed) return;
  await moveOnAfter(LINGER, () =>
    suspend<void>('the end of a connection', (waker) => {
      const onEnd = (): void => {
        stop();
        waker.wake();
      };
      const stop = (): void => events.forEach((event) => void socket.off(event, onEnd));
      for (const event of events) socket.on(event, onEnd);
      return () => {
        stop();
        return 'succeeded';
      };
    }),
  );
}

/**
 * Closes a socket in the middle of sending: the rest in Node's queue is dropped, so the peer must not see a regular end.
 */
export function reset(socket: Socket): void {
  // Node cannot reset a socket that is sending its end: it would leave it open, and the process would never end.
  if (socket.writableEnded) return void socket.destroy();
  try {
    socket.resetAndDestroy();
  } catch {
    // Only TCP has it.
    socket.destroy();
  }
}
