import { Socket } from 'node:net';
import type { Server } from 'node:net';
import type { OnreadOption } from '../sockets/socket-reader.ts';
import { isDocumentedOnly } from './documented-only.ts';
import { dummyHandle, handleOf } from './handle.ts';
import type { SocketHandle } from './handle.ts';

export type { SocketHandle } from './handle.ts';

/**
 * Takes the handles of a server's connections where Node would make sockets of them. Node makes a socket for each
 * connection before it is accepted, and that socket cannot get the `onread` that makes reading fast.
 *
 * @returns whether this version of Node allows it; if not, nothing has changed.
 */
export function takeConnections(server: Server, onConnection: (handle: SocketHandle) => void): boolean {
  const handle = handleOf(server);
  if (typeof handle?.onconnection !== 'function' || !canMakeSockets()) return false;
  const byNode = handle.onconnection;
  handle.onconnection = function (this: unknown, status, client) {
    if (status < 0 || client === undefined) Reflect.apply(byNode, this, [status, client]);
    else onConnection(client);
  };
  return true;
}

/** Makes a socket of a handle. */
export function socketOn(handle: object, onread: OnreadOption): Socket {
  return new Socket({ handle, allowHalfOpen: true, onread } as ConstructorParameters<typeof Socket>[0]);
}

let probed: boolean | undefined = undefined;

/** Whether a socket can be made of a handle, so that it reads to the buffer of its `onread`. Tried once, on a dummy. */
function canMakeSockets(): boolean {
  return !isDocumentedOnly() && (probed ??= probe());
}

function probe(): boolean {
  const used = { buffer: false, started: false };
  const dummy = {
    ...dummyHandle,
    useUserBuffer: () => void (used.buffer = true),
    readStart: () => void (used.started = true),
  };
  const memory = new Uint8Array(1);
  try {
    const socket = socketOn(dummy, { buffer: () => memory, callback: () => true });
    socket.on('error', () => undefined);
    const takesIt = (handleOf(socket) as unknown) === dummy;
    socket.destroy();
    return takesIt && used.buffer && used.started;
  } catch {
    return false;
  }
}
