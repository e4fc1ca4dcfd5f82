import { suspend } from '@tercet/core/lowlevel';
import type { NetConnectOpts, Socket } from 'node:net';
import { currentSocketFactory } from '../sockets/socket-factory.ts';

const ignore = (): void => undefined;

/**
 * Makes one connection. A checkpoint. When it is cancelled, the socket is destroyed.
 *
 * @throws the error of the socket.
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
    // A socket factory may have destroyed the socket, which Node does not report as an error.
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
