import { suspend } from '@tercet/core/lowlevel';
import type { EventEmitter } from 'node:events';

/** A socket or a server of Node. */
type Opening = EventEmitter & ({ destroy(): unknown } | { close(): unknown });

/**
 * Waits until a socket or a server is ready. A checkpoint. When it fails or is cancelled, the socket or server is closed.
 *
 * @param event emitted when it is ready.
 * @param begin makes the socket or server, which becomes ready in a later step of the event loop.
 * @throws the error of the socket or server.
 */
export function untilReady<E extends Opening>(
  what: string,
  event: 'connect' | 'listening',
  begin: () => E,
): Promise<E> {
  return suspend<E>(what, (waker) => {
    const opening = begin();
    const onReady = (): void => {
      stop();
      waker.wake(opening);
    };
    const onError = (error: Error): void => {
      giveUp();
      waker.fail(error);
    };
    // A socket factory may have closed it, which Node does not report as an error.
    const onClose = (): void => onError(new Error(CLOSED[event]));
    const stop = (): void => void opening.off(event, onReady).off('error', onError).off('close', onClose);
    const giveUp = (): void => {
      stop();
      opening.on('error', () => undefined);
      if ('destroy' in opening) opening.destroy();
      else opening.close();
    };
    opening.on(event, onReady).on('error', onError).on('close', onClose);
    return () => {
      giveUp();
      return 'succeeded';
    };
  });
}

const CLOSED = {
  connect: 'the socket was closed before it was connected',
  listening: 'the server was closed before it listened',
};
