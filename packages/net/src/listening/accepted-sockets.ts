import type { Server, Socket } from 'node:net';
import { SocketReader } from '../sockets/socket-reader.ts';
import { socketOn, takeConnections } from '../undocumented/take-connections.ts';
import type { SocketHandle } from '../undocumented/take-connections.ts';
import { warnOfAccepting } from './accept-errors.ts';
import { descriptorLimit, DescriptorWatch } from './descriptor-watch.ts';

/** A connection that Node has accepted, and no task has. Nothing is read from it. */
export interface Accepted {
  /** Makes a socket of it, and begins to read. */
  open(): { readonly socket: Socket; readonly reader: SocketReader | undefined };
  /** Ends the connection. */
  drop(): void;
}

/** Called for what happens on a server. */
export interface AcceptEvents {
  onAccepted(accepted: Accepted): void;
  onError(error: Error): void;
}

/**
 * Takes the connections of a server that listens: as handles of which sockets are made later, where this version of Node
 * allows that, otherwise by the `'connection'` event.
 */
export function acceptFrom(server: Server, events: AcceptEvents, options: { readonly noDelay: boolean }): void {
  server.on('error', (error) => events.onError(error));
  const descriptors = new DescriptorWatch(descriptorLimit(), warnOfAccepting);
  const isTaken = takeConnections(server, (handle) => {
    descriptors.look(handle.fd);
    events.onAccepted(new AcceptedHandle(handle, options.noDelay));
  });
  if (isTaken) return;
  server.on('connection', (socket) => events.onAccepted(new AcceptedSocket(socket, options.noDelay)));
}

class AcceptedHandle implements Accepted {
  readonly #handle: SocketHandle;

  constructor(handle: SocketHandle, noDelay: boolean) {
    this.#handle = handle;
    if (noDelay) handle.setNoDelay?.(true);
  }

  open(): { socket: Socket; reader: SocketReader } {
    const reader = new SocketReader();
    return { socket: socketOn(this.#handle, reader.onread), reader };
  }

  drop(): void {
    this.#handle.close();
  }
}

class AcceptedSocket implements Accepted {
  readonly #socket: Socket;

  constructor(socket: Socket, noDelay: boolean) {
    this.#socket = socket;
    socket.pause();
    if (noDelay) socket.setNoDelay(true);
    // Without a listener, an error would end the process.
    socket.on('error', () => undefined);
  }

  open(): { socket: Socket; reader: undefined } {
    return { socket: this.#socket, reader: undefined };
  }

  drop(): void {
    this.#socket.destroy();
  }
}
