import { suspend } from '@tercet/core/lowlevel';
import type { NetConnectOpts, Socket } from 'node:net';
import { currentSocketFactory } from '../sockets/socket-factory.ts';

const ignore = (): void => undefined;

/**
 * Makes one connection. Cancelled, it leaves no socket behind. A checkpoint.
 *
 * @throws what the socket fails with.
 */
export function connectSocket(options: NetConnectOpts): Promise<Socket> {
  return suspend<Socket>('a connection', (waker) => {
    const socket = currentSocketFactory().connect(options);
    const onConnect = (): void => {
      stop();
      waker.wake(socket);
    };
    const onError = (error: Error): void => {
      stop();
      socket.on('error', ignore);
      socket.destroy();
      waker.fail(error);
    };
    // Whoever made it may have destroyed it, which is no error to Node.
    const onClose = (): void => onError(new Error('the socket was closed before it was connected'));
    const stop = (): void => void socket.off('connect', onConnect).off('error', onError).off('close', onClose);
    socket.on('connect', onConnect).on('error', onError).on('close', onClose);
    return () => {
      stop();
      socket.on('error', ignore);
      socket.destroy();
      return 'succeeded';
    };
  });
}
