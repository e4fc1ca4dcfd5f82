import type { Server, Socket } from 'node:net';

const ignore = (): void => undefined;

function destroy(this: Socket): void {
  this.destroy();
}

/**
 * Lets a server have a number of connections at a time. Those beyond wait for one to end, where Node's `maxConnections`
 * would close them.
 */
export class ConnectionLimit {
  readonly #server: Server;
  /** The server's own handler of a connection. */
  readonly #listeners: readonly ((socket: Socket) => void)[];
  readonly #waiting = new Set<Socket>();
  /** How many more may begin. Zero whenever one is waiting. */
  #free: number;

  constructor(server: Server, most: number) {
    this.#server = server;
    this.#free = most;
    this.#listeners = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection').on('connection', (socket: Socket) => this.#arrive(socket));
  }

  /** Closes those that wait. */
  clear(): void {
    for (const socket of this.#waiting) socket.destroy();
  }

  #arrive(socket: Socket): void {
    if (this.#free > 0) return this.#admit(socket);
    this.#waiting.add(socket);
    socket.on('error', ignore).once('close', () => this.#waiting.delete(socket));
    // Its client has gone without a word. Node's handler would come too late to hear of that, and keep a place for it.
    socket.on('end', destroy);
  }

  #admit(socket: Socket): void {
    this.#free--;
    socket
      .off('error', ignore)
      .off('end', destroy)
      .once('close', () => this.#leave());
    for (const listener of this.#listeners) Reflect.apply(listener, this.#server, [socket]);
  }

  #leave(): void {
    this.#free++;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#admit(next);
  }
}
