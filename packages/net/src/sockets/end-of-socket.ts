import { moveOnAfter } from '@tercet/core';
import { suspend } from '@tercet/core/lowlevel';
import type { Socket } from 'node:net';

/** For how long a socket reads what the peer is still sending: milliseconds. */
const LINGER = 1000;

/**
 * Waits for the end of what the peer sends, for up to a second. To close a socket earlier would reset the connection, and
 * the peer could lose what was sent to it.
 *
 * @param events what ends the wait.
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
 * Closes a socket in the middle of something: what is left in Node's queue is not sent any more, and the peer must not see
 * an end that looks like the regular one.
 */
export function reset(socket: Socket): void {
  // Node cannot reset a socket whose end is on its way, and then leaves it open for ever.
  if (socket.writableEnded) return void socket.destroy();
  try {
    socket.resetAndDestroy();
  } catch {
    // Only TCP has it.
    socket.destroy();
  }
}
