import { BrokenResourceError, isCancelled } from '@tercet/core';
import { describeError, ready, runOutside, WaitQueue } from '@tercet/core/lowlevel';
import { brokenError, closedError } from '@tercet/streams';
import type { Stream } from '@tercet/streams';
import { TlsEngine } from './tls-engine.ts';
import type { ClientPolicy } from './tls-engine.ts';
import type { TlsSetup } from './tls-options.ts';
import { Turn } from './turn.ts';

/** So much is encrypted at a time. */
const PIECE = 64 * 1024;

/** What a {@link TlsConnection} is made for. */
export interface ConnectionSetup {
  readonly setup: TlsSetup;
  /** What a server wants of its clients; `undefined` for a client. */
  readonly clients: ClientPolicy | undefined;
  readonly isHttpsCompatible: boolean;
  /** What it is called in errors. */
  readonly describe: () => string;
}

/**
 * An engine and a transport, and what moves the records between them. That happens only in the tasks that want something
 * of the connection: each of them sends what has to be sent and receives what is missing until it has got what it wants.
 * So nothing is read that nobody has asked for, a cancelled task leaves no other one behind, and errors of the transport
 * reach those who use it.
 */
export class TlsConnection {
  readonly #transport: Stream;
  readonly #options: ConnectionSetup;
  readonly #sendTurn = new Turn('a turn to send on the transport of TLS');
  readonly #receiveTurn = new Turn('a turn to receive from the transport of TLS');
  readonly #handshakeWaiters = new WaitQueue<void>('a TLS handshake');
  #engine: TlsEngine | undefined = undefined;
  #handshake: 'none' | 'running' | 'done' = 'none';
  // TLS 1.3: what a server has to say after the handshake, session tickets, waits until it says something anyway. A client
  // that only writes would never read it, and over a transport without a buffer both would wait for ever.
  #held: Uint8Array | undefined = undefined;
  // While a task is sending, it also sends whatever else there is: a receiver must not wait for the peer to take that.
  #isSending = false;
  #received = 0;
  #hasTransportEnded = false;
  #broken: { readonly cause: unknown } | undefined = undefined;
  #isClosed = false;

  constructor(transport: Stream, options: ConnectionSetup) {
    this.#transport = transport;
    this.#options = options;
  }

  /** The engine, once the handshake is done. */
  get secure(): TlsEngine | undefined {
    return this.#handshake === 'done' ? this.#engine : undefined;
  }

  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** Whether the transport has ended without a word, where that is allowed. */
  get hasEndedSilently(): boolean {
    return this.#hasTransportEnded && this.#options.isHttpsCompatible;
  }

  /** @throws {ClosedResourceError} @throws {BrokenResourceError} */
  requireUsable(operation: string): void {
    if (this.#isClosed) throw this.#closedError(operation);
    if (this.#broken !== undefined) throw this.#brokenError(operation, this.#broken.cause);
  }

  /** Does the handshake, or waits for the one that another task is doing. @returns whether it had to. */
  async ensureHandshake(operation: string): Promise<boolean> {
    if (this.#handshake === 'done') return false;
    if (this.#handshake === 'running') {
      await this.#handshakeWaiters.wait(undefined);
      // It may have failed, or another task may have closed all of it meanwhile.
      this.requireUsable(operation);
      return true;
    }
    this.#handshake = 'running';
    try {
      await this.#doHandshake(operation);
      this.#handshake = 'done';
    } catch (error) {
      this.#break(error);
      throw error;
    } finally {
      while (this.#handshakeWaiters.wakeFirst());
    }
    return true;
  }

  /** Sends all of `data`, piece by piece. The caller sees to it that nobody else does. */
  async send(data: Uint8Array, operation: string): Promise<void> {
    const engine = this.#engine!;
    try {
      for (let position = 0; position < data.length; position += PIECE) {
        this.#isSending = true;
        const written = engine.write(data.subarray(position, position + PIECE));
        await this.#drive(
          () => {
            if (written.isDone) this.#isSending = false;
            return written.isDone;
          },
          true,
          operation,
        );
      }
    } catch (error) {
      // A part of it has been sent, or is on its way.
      this.#break(error);
      throw error;
    } finally {
      this.#isSending = false;
    }
  }

  /** What the peer has sent, at most `most` bytes; without waiting. */
  takeNow(most: number): Uint8Array | undefined {
    const plaintext = this.#engine?.plaintext;
    return plaintext === undefined || plaintext.size === 0 ? undefined : plaintext.take(most);
  }

  /** Waits until there is something to take. @returns `null` at the end. */
  async receive(most: number, operation: string): Promise<Uint8Array | null> {
    const engine = this.#engine!;
    const { plaintext } = engine;
    if (engine.hasEnded || this.hasEndedSilently) return ready(null, operation);
    await this.#drive(() => plaintext.size > 0 || engine.hasEnded || this.hasEndedSilently, false, operation);
    return plaintext.size > 0 ? plaintext.take(most) : null;
  }

  /** Waits until the transport would take something. */
  async waitToSend(operation: string): Promise<void> {
    await this.#sendTurn.run(async () => {
      this.requireUsable(operation);
      try {
        await this.#transport.waitSendAllMightNotBlock();
      } catch (error) {
        if (!isCancelled(error)) this.#break(error);
        throw error;
      }
    });
  }

  /** Says that nothing more will come, when the handshake is done. */
  async sayGoodbye(operation: string): Promise<void> {
    const engine = this.#engine!;
    engine.end();
    await this.#drive(() => !engine.isBusy, true, operation);
  }

  /** Throws away what is there. Whoever uses it now, or later, is told that it is closed. */
  discard(): void {
    this.#isClosed = true;
    this.#engine?.destroy();
    while (this.#handshakeWaiters.wakeFirst());
  }

  /** What an error is for those who use the connection. */
  translate(error: unknown, operation: string): unknown {
    return this.#isClosed && !isCancelled(error) ? this.#closedError(operation) : error;
  }

  async #doHandshake(operation: string): Promise<void> {
    const { setup, clients } = this.#options;
    const engine = runOutside(() => new TlsEngine(setup, clients));
    this.#engine = engine;
    for (;;) {
      await engine.settled();
      if (engine.failure !== undefined) await this.#throwFailure(engine.failure, operation);
      const isServer13 = engine.isSecure && clients !== undefined && engine.details.protocol === 'TLSv1.3';
      if (engine.output.size === 0) {
        if (engine.isSecure) return;
        await this.#feed(operation);
      } else if (isServer13) {
        this.#held = engine.output.takeAll();
      } else {
        await this.#flush();
      }
    }
  }

  /** Moves records until `isDone`, and nothing has to be sent any more. */
  async #drive(isDone: () => boolean, isSender: boolean, operation: string): Promise<void> {
    const engine = this.#engine!;
    for (;;) {
      if (engine.output.size > 0 && (isSender || !this.#isSending)) {
        if (engine.failure === undefined) await this.#flush();
        else await this.#throwFailure(engine.failure, operation);
      } else if (isDone()) {
        return;
      } else if (engine.isBusy) {
        await engine.settled();
      } else if (engine.failure !== undefined) {
        await this.#throwFailure(engine.failure, operation);
      } else {
        await this.#feed(operation);
      }
    }
  }

  /** Sends what there is to be sent. */
  #flush(): Promise<void> {
    return this.#sendTurn.run(async () => {
      const { output } = this.#engine!;
      // Whoever had the turn before may have sent it.
      if (output.size === 0) return;
      let records = output.takeAll();
      if (this.#held !== undefined) records = Buffer.concat([this.#held, records]);
      this.#held = undefined;
      try {
        await this.#transport.sendAll(records);
      } catch (error) {
        this.#break(error);
        throw error;
      }
    });
  }

  /** Receives something, unless another task has done so while this one waited for its turn. */
  async #feed(operation: string): Promise<void> {
    const engine = this.#engine!;
    const received = this.#received;
    await this.#receiveTurn.run(async () => {
      if (received !== this.#received) return;
      const records = this.#hasTransportEnded ? null : await this.#receiveFromTransport();
      this.#received++;
      if (records !== null) return engine.feed(records);
      this.#hasTransportEnded = true;
      if (engine.isSecure && this.#options.isHttpsCompatible) return;
      const when = engine.isSecure ? 'without a close_notify, so what has come may be cut off' : 'during the handshake';
      const error = new Error(`the transport has ended ${when}`);
      this.#break(error);
      throw this.#brokenError(operation, error);
    });
  }

  async #receiveFromTransport(): Promise<Uint8Array | null> {
    try {
      return await this.#transport.receiveSome();
    } catch (error) {
      // A receive that is cancelled has had no effect.
      if (!isCancelled(error)) this.#break(error);
      throw error;
    }
  }

  /** Tells the peer, if the engine has something to tell, and throws. */
  async #throwFailure(failure: Error, operation: string): Promise<never> {
    this.#break(failure);
    const engine = this.#engine!;
    if (engine.output.size > 0) {
      try {
        await this.#flush();
      } catch (error) {
        if (isCancelled(error)) throw error;
        // What has gone wrong before matters more.
      }
    }
    throw this.#brokenError(operation, failure);
  }

  #break(error: unknown): void {
    if (this.#broken !== undefined) return;
    const cause = isCancelled(error) ? new Error('what another task was doing with it was cancelled half-way') : error;
    this.#broken = { cause };
  }

  #closedError(operation: string): Error {
    return closedError(operation, this.#options.describe());
  }

  #brokenError(operation: string, cause: unknown): BrokenResourceError {
    const name = this.#options.describe();
    if (this.#handshake === 'done') return brokenError(operation, name, cause);
    const text = `${operation}: the TLS handshake has failed, ${name} is broken: ${describeError(cause)}`;
    return new BrokenResourceError(text, { cause });
  }
}
