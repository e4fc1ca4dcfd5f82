import { WaitQueue } from '@tercet/core/lowlevel';
import type { TLSSocket } from 'node:tls';
import { ChunkQueue } from '@tercet/streams/lowlevel';
import { CipherDuplex } from './cipher-duplex.ts';
import { Handshake } from './handshake.ts';
import type { HandshakeEvents } from './handshake.ts';
import type { PreparedTls } from './tls-options.ts';

/** Whether data that was written has been encrypted. */
export interface Written {
  isDone: boolean;
}

/**
 * TLS without a connection: turns records into plaintext, and plaintext into records; what OpenSSL calls memory BIOs. It is
 * Node's TLS over a duplex stream that only queues. Node does some of its work in later turns of the event loop. Until then
 * the engine is busy, and it is unknown what it needs next.
 */
export class TlsEngine {
  readonly handshake: Handshake;
  /** Decrypted bytes of the peer. */
  readonly plaintext: ChunkQueue = new ChunkQueue();
  /** Records that have to be sent to the peer. */
  readonly output: ChunkQueue = new ChunkQueue();
  /** Whether the peer has sent a close_notify. */
  hasEnded = false;
  /** The first error. */
  failure: Error | undefined = undefined;

  readonly #duplex: CipherDuplex;
  readonly #settled = new WaitQueue<void>('TLS');
  /** Number of steps that Node still has to do in later turns. */
  #pending = 0;
  /** True from the end of a failed handshake until its error is known. */
  #awaitsReason = false;
  #isDestroyed = false;

  constructor(tls: PreparedTls) {
    this.#duplex = new CipherDuplex({
      push: (bytes) => {
        if (!this.#isDestroyed) this.output.push(bytes);
      },
      onWriting: (isWriting) => (isWriting ? this.#hold() : this.#releaseSoon()),
      onDestroyed: () => this.#awaitReason(),
    });
    this.#duplex.on('error', () => undefined);
    const events: HandshakeEvents = {
      onSocket: (socket) => this.#attach(socket),
      onDone: () => undefined,
      onFailure: (error) => this.#fail(error),
      onRefusal: (error) => {
        this.#fail(error);
        this.destroy();
      },
    };
    this.handshake = new Handshake(tls, this.#duplex, events, () => {
      this.#hold();
      return () => this.#releaseSoon();
    });
    this.#touch();
  }

  /** Whether Node has work to do in a later turn. False once destroyed. */
  get isBusy(): boolean {
    return this.#pending > 0 && !this.#isDestroyed;
  }

  /** Waits until it is not busy. @throws {Cancelled} when the surrounding scope is cancelled. */
  async settled(): Promise<void> {
    while (this.isBusy) await this.#settled.wait(undefined);
  }

  /** Takes records from the peer. */
  feed(records: Uint8Array): void {
    if (this.#isDestroyed) return;
    this.#duplex.push(records);
    this.#touch();
  }

  /** Takes plaintext for the peer. Only when the write before is done. */
  write(data: Uint8Array): Written {
    const written = { isDone: false };
    this.handshake.socket!.write(data, (error) => {
      if (error === null || error === undefined) written.isDone = true;
      else this.#fail(error);
    });
    this.#touch();
    return written;
  }

  /** Sends a close_notify. */
  end(): void {
    this.handshake.socket?.end();
    this.#touch();
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.failure ??= new Error('it was closed');
    this.handshake.socket?.destroy();
    this.#duplex.destroy();
    this.plaintext.clear();
    this.output.clear();
    this.#settled.wakeAll();
  }

  #attach(socket: TLSSocket): void {
    socket.on('data', (chunk: Buffer) => this.plaintext.push(chunk));
    socket.on('end', () => (this.hasEnded = true));
    socket.on('close', () => {
      if (!this.hasEnded) this.#fail(new Error('the TLS of Node has given up without a reason'));
    });
  }

  /** Node ends a failed handshake before it reports why. Until then the engine is busy. */
  #awaitReason(): void {
    if (this.failure !== undefined || this.#awaitsReason || this.handshake.isDone) return;
    this.#awaitsReason = true;
    this.#hold();
  }

  #fail(error: Error): void {
    this.failure ??= error;
    if (!this.#awaitsReason) return;
    this.#awaitsReason = false;
    this.#releaseSoon();
  }

  /** Busy until Node has processed its latest input. */
  #touch(): void {
    this.#hold();
    this.#releaseSoon();
  }

  #hold(): void {
    this.#pending++;
  }

  #releaseSoon(): void {
    setImmediate(this.#release);
  }

  readonly #release = (): void => {
    if (--this.#pending === 0) this.#settled.wakeAll();
  };
}
