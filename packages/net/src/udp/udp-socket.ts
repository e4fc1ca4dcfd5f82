import { checkpoint, ClosedResourceError } from '@tercet/core';
import { inspectAs, ready, rejected, rejectIfCancelled, suspend, WaitQueue } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import { toBytes } from '@tercet/streams/lowlevel';
import type { AsyncResource, Sendable } from '@tercet/streams';
import type { Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { formatAddress } from '../addresses/socket-address.ts';
import type { SocketAddress } from '../addresses/socket-address.ts';
import { resolvePeer } from '../addresses/resolve-peer.ts';

/**
 * One datagram, and its sender's address.
 *
 * @example
 * await using socket = await openUdpSocket({ host: '127.0.0.1' });
 * await socket.send('hello', '127.0.0.1', socket.port);
 * const { data, address, port }: Datagram = await socket.receive();
 * console.log(`${data.length} bytes from ${address}:${port}`);
 */
export interface Datagram {
  readonly data: Uint8Array;
  readonly address: string;
  readonly port: number;
}

/**
 * A socket for datagrams. Each arrives as a whole or not at all, in any order, perhaps twice. They wait in a buffer until
 * they are received. When it is full, new ones are dropped, and counted by `dropped`.
 *
 * As an iterable it gives what `receive` gives. Several tasks may send and receive at the same time.
 *
 * @example
 * await using socket = await openUdpSocket({ port: 5353 });
 * for await (const { data, address, port } of socket) await socket.send(data, address, port);
 */
export class UdpSocket implements AsyncResource, AsyncIterable<Datagram> {
  static {
    inspectAs(this, (socket) => `UdpSocket ${socket.#closed ? 'closed' : `on ${formatAddress(socket.#local)}`}`);
  }

  readonly #socket: Socket;
  readonly #maxBufferSize: number;
  readonly #local: SocketAddress;
  readonly #remote: SocketAddress | undefined;
  readonly #receivers = new WaitQueue<Datagram>('datagram');
  readonly #senders = new Set<Waker<void>>();
  readonly #waiting: (Datagram | { readonly error: Error })[] = [];
  #dropped = 0;
  #closed = false;

  /** @internal Use `openUdpSocket`. */
  constructor(socket: Socket, maxBufferSize: number) {
    this.#socket = socket;
    this.#maxBufferSize = maxBufferSize;
    this.#local = toAddress(socket.address());
    this.#remote = remoteOf(socket);
    socket.on('message', (data, { address, port }) => this.#onMessage({ data, address, port }));
    socket.on('error', (error) => this.#onError(error));
    socket.on('close', () => this.#end());
  }

  /** Where it receives. */
  get localAddress(): SocketAddress {
    return this.#local;
  }

  /** The port on which it receives. */
  get port(): number {
    return this.#local.port;
  }

  /** The peer, when it has been opened for one. */
  get remoteAddress(): SocketAddress | undefined {
    return this.#remote;
  }

  /** How many datagrams have been dropped because too many were waiting. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Sends one datagram. A checkpoint. That it was sent does not mean that it arrives.
   *
   * @param host to be left out, with the port, when the socket has a peer.
   * @throws the error of the operating system, with code `EMSGSIZE` when it is too long.
   * @throws {Cancelled} when the surrounding scope is cancelled before it is sent.
   * @throws {ConnectionFailedError} when the host has no address in the family of the socket.
   * @throws {ClosedResourceError} when the socket is closed, or gets closed before it is sent.
   * @throws {TypeError} when the peer is missing, or given though the socket has one, or an argument has another type.
   */
  async send(data: Sendable, host?: string, port?: number): Promise<void> {
    const operation = 'send()';
    const cancelled = rejectIfCancelled(operation);
    if (cancelled !== undefined) return cancelled;
    const bytes = toBytes(data, operation);
    if (this.#closed) throw this.#closedError(operation);
    if ((host === undefined) !== (this.#remote !== undefined)) {
      throw new TypeError(
        this.#remote === undefined
          ? `${operation}: the socket has no peer; give a host and a port`
          : `${operation}: the socket has a peer, ${formatAddress(this.#remote)}, and sends to nobody else`,
      );
    }
    const peer =
      host === undefined ? undefined : await resolvePeer(host, port!, this.#local.family === 'IPv6' ? 6 : 4, operation);
    if (this.#closed) throw this.#closedError(operation);
    await suspend<void>('a datagram to be sent', (waker) => {
      this.#senders.add(waker);
      const done = (error: Error | null): void => {
        // Node may forget to call it when the socket is closed meanwhile.
        if (!this.#senders.delete(waker)) return;
        if (error === null || error === undefined) waker.wake();
        else waker.fail(error);
      };
      if (peer === undefined) this.#socket.send(bytes, done);
      else this.#socket.send(bytes, peer.port, peer.address, done);
      // It has been handed over, and will be sent or refused in a moment.
      return () => 'failed';
    });
  }

  /**
   * Waits for a datagram. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; nothing is lost then.
   * @throws the error of the operating system when a datagram could not be delivered: with code `ECONNREFUSED` when the
   * peer does not listen, except on Windows, which does not report it. The socket goes on.
   * @throws {ClosedResourceError} when the socket is closed, or gets closed meanwhile.
   */
  receive(): Promise<Datagram> {
    const operation = 'receive()';
    const cancelled = rejectIfCancelled(operation);
    if (cancelled !== undefined) return cancelled;
    if (this.#closed) return rejected(this.#closedError(operation));
    const next = this.#waiting.shift();
    if (next === undefined) return this.#receivers.wait(undefined);
    return 'error' in next ? rejected(next.error) : ready(next, operation);
  }

  /** Whether datagrams may be sent to the broadcast address. */
  setBroadcast(on = true): void {
    this.#socket.setBroadcast(on);
  }

  /** Receives what is sent to a multicast group, at the interface with an address, or at one that the system chooses. */
  joinMulticast(group: string, interfaceAddress?: string): void {
    this.#socket.addMembership(group, interfaceAddress);
  }

  /** Receives no longer what is sent to a multicast group. */
  leaveMulticast(group: string, interfaceAddress?: string): void {
    this.#socket.dropMembership(group, interfaceAddress);
  }

  /** How multicast datagrams are sent: over how many hops, whether also to this machine, at which interface. */
  setMulticast(options: {
    readonly ttl?: number;
    readonly loopback?: boolean;
    readonly interfaceAddress?: string;
  }): void {
    if (options.ttl !== undefined) this.#socket.setMulticastTTL(options.ttl);
    if (options.loopback !== undefined) this.#socket.setMulticastLoopback(options.loopback);
    if (options.interfaceAddress !== undefined) this.#socket.setMulticastInterface(options.interfaceAddress);
  }

  /** Closes the socket; tasks that wait for a datagram, or for one to be sent, get a `ClosedResourceError`. A checkpoint. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#end();
      this.#socket.close();
    }
    return checkpoint();
  }

  [Symbol.asyncIterator](): AsyncIterator<Datagram> {
    return { next: async () => ({ done: false, value: await this.receive() }) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onMessage(datagram: Datagram): void {
    if (this.#closed || this.#receivers.wakeFirst(datagram)) return;
    if (this.#waiting.length < this.#maxBufferSize) this.#waiting.push(datagram);
    else this.#dropped++;
  }

  #onError(error: Error): void {
    const { first } = this.#receivers;
    if (first !== undefined) first.fail(error);
    else if (this.#waiting.length < this.#maxBufferSize) this.#waiting.push({ error });
  }

  #end(): void {
    this.#closed = true;
    this.#waiting.length = 0;
    while (this.#receivers.first !== undefined) this.#receivers.first.fail(this.#closedError('receive()'));
    for (const sender of this.#senders) sender.fail(this.#closedError('send()'));
    this.#senders.clear();
  }

  #closedError(operation: string): ClosedResourceError {
    return new ClosedResourceError(`${operation}: the UDP socket on ${formatAddress(this.#local)} is closed`);
  }
}

function toAddress({ address, port }: { address: string; port: number }): SocketAddress {
  return { family: isIP(address) === 6 ? 'IPv6' : 'IPv4', address, port };
}

function remoteOf(socket: Socket): SocketAddress | undefined {
  try {
    return toAddress(socket.remoteAddress());
  } catch {
    // It has no peer.
    return undefined;
  }
}
