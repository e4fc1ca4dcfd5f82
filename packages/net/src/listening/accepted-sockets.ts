import { Socket } from 'node:net';
import type { Server } from 'node:net';
import { documentedOnly } from '../undocumented/documented-only.ts';
import { LARGEST_READ, SocketReader } from '../sockets/socket-reader.ts';
import { warnOfAccepting } from './accept-errors.ts';
import { descriptorLimit, DescriptorWatch } from './descriptor-watch.ts';

/** A connection that the operating system has handed over, and nobody has asked for yet. Nothing is read from it. */
export interface Accepted {
  /** Makes it a socket, and lets it be read. */
  open(): { readonly socket: Socket; readonly reader: SocketReader | undefined };
  /** Ends the connection. */
  drop(): void;
}

/** What a server tells. */
export interface AcceptEvents {
  onAccepted(accepted: Accepted): void;
  onError(error: Error): void;
}

/** What is used of the object beneath a server, which Node does not document. */
interface ServerHandle {
  onconnection?: (status: number, client?: SocketHandle) => void;
}

/** What is used of the object beneath a socket. */
interface SocketHandle {
  setNoDelay?(on: boolean): unknown;
  close(): void;
  readonly fd?: unknown;
  readStart?: unknown;
}

/**
 * Takes the connections of a server that listens.
 *
 * Node makes a socket for each connection before anybody has asked for it, and that socket cannot be given the `onread`
 * that makes reading fast. So the handles are taken where Node would make the sockets, if this version of Node works the
 * way that all do which have been tried (tests of this file); otherwise by the public way, the `'connection'` event.
 */
export function acceptFrom(server: Server, events: AcceptEvents, options: { readonly noDelay: boolean }): void {
  server.on('error', (error) => events.onError(error));
  const handle = (server as unknown as { _handle?: ServerHandle | null })._handle;
  if (handle !== null && typeof handle?.onconnection === 'function' && canTakeHandles()) {
    const byNode = handle.onconnection;
    const descriptors = new DescriptorWatch(descriptorLimit(), warnOfAccepting);
    handle.onconnection = function (this: unknown, status, client) {
      if (status < 0 || client === undefined) Reflect.apply(byNode, this, [status, client]);
      else {
        descriptors.look(client.fd);
        events.onAccepted(new AcceptedHandle(client, options.noDelay));
      }
    };
  } else {
    server.on('connection', (socket) => events.onAccepted(new AcceptedSocket(socket, options.noDelay)));
  }
}

class AcceptedHandle implements Accepted {
  readonly #handle: SocketHandle;

  constructor(handle: SocketHandle, noDelay: boolean) {
    this.#handle = handle;
    if (noDelay) handle.setNoDelay?.(true);
  }

  open(): { socket: Socket; reader: SocketReader } {
    const reader = new SocketReader(this.#handle.setNoDelay === undefined ? LARGEST_READ.unix : LARGEST_READ.tcp);
    return { socket: socketOn(this.#handle, reader), reader };
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
    // Nobody else listens until it is opened.
    socket.on('error', () => undefined);
  }

  open(): { socket: Socket; reader: undefined } {
    return { socket: this.#socket, reader: undefined };
  }

  drop(): void {
    this.#socket.destroy();
  }
}

function socketOn(handle: SocketHandle, reader: SocketReader): Socket {
  const options = { handle, allowHalfOpen: true, onread: reader.onread };
  return new Socket(options as ConstructorParameters<typeof Socket>[0]);
}

let probed: boolean | undefined = undefined;

/** Whether a socket can be made of a handle, so that it reads into the buffer of its `onread`. Tried once, on a dummy. */
function canTakeHandles(): boolean {
  return !documentedOnly && (probed ??= probe());
}

function probe(): boolean {
  const used = { buffer: false, started: false };
  const dummy = {
    useUserBuffer: () => void (used.buffer = true),
    readStart: () => void (used.started = true),
    readStop: () => undefined,
    getAsyncId: () => 0,
    close: (done?: () => void) => done?.(),
  };
  try {
    const socket = socketOn(dummy, new SocketReader());
    socket.on('error', () => undefined);
    const takesIt = (socket as unknown as { _handle?: unknown })._handle === dummy;
    socket.destroy();
    return takesIt && used.buffer && used.started;
  } catch {
    return false;
  }
}
