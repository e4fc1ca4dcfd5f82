import { moveOnAfter } from '@tercet/core';
import { suspend } from '@tercet/core/lowlevel';
import type { Socket } from 'node:net';

/** For how long a socket reads what the peer is still sending: milliseconds. */
const LINGER = 1000;

/**
 * Waits for the end of what the peer sends, for up to a second. To close a socket earlier would reset the connection, and
 * the peer could lose what was sent to it.
 */
export async function linger(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  await moveOnAfter(LINGER, () =>
    suspend<void>('the end of a connection', (waker) => {
      const onEnd = (): void => {
        stop();
        waker.wake();
      };
      const stop = (): void => void socket.off('end', onEnd).off('close', onEnd);
      socket.on('end', onEnd).on('close', onEnd);
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
  try {
    socket.resetAndDestroy();
  } catch {
    // Only TCP has it.
    socket.destroy();
  }
}
