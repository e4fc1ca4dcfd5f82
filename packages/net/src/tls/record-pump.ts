import { isCancelled } from '@tercet/core';
import { ready, rejectIfCancelled } from '@tercet/core/lowlevel';
import { requireMaxBytes, toBytes } from '@tercet/streams/lowlevel';
import type { Sendable, Stream } from '@tercet/streams';
import { Turns } from '@tercet/sync';
import type { ConnectionHealth } from './connection-health.ts';
import { Direction } from './direction.ts';
import { fillTarget } from './fill-target.ts';
import type { Handshake } from './handshake.ts';
import { TlsEngine } from './tls-engine.ts';
import type { PathOptions, TlsPath } from './tls-path.ts';

/** At most this number of bytes is encrypted at a time. */
const PIECE = 64 * 1024;

/**
 * TLS over any stream: moves records between an engine and a transport. Only tasks that use the connection do so: each
 * sends the records that are to be sent, and receives records until its own operation is done. So nothing is read ahead, no
 * background task is needed, and errors of the transport reach the tasks that use it. Trio's `SSLStream` works in the same
 * way.
 */
export class RecordPump implements TlsPath {
  readonly #transport: Stream;
  readonly #engine: TlsEngine;
  readonly #health: ConnectionHealth;
  readonly #isHttpsCompatible: boolean;
  readonly #sending: Direction;
  readonly #receiving: Direction;
  readonly #sendTurn = new Turns('a turn to send on the transport of TLS');
  readonly #receiveTurn = new Turns('a turn to receive from the transport of TLS');
  // TLS 1.3: the session tickets of a server, until it sends something else. A client that only sends would never receive
  // them, and over a transport without a buffer both sides would wait forever.
  #held: Uint8Array | undefined = undefined;
  /** How often something has been received, so that a task notices what others have received meanwhile. */
  #received = 0;
  /** True once the transport has ended, announced by a close_notify or not. */
  #hasTransportEnded = false;

  constructor(transport: Stream, options: PathOptions, health: ConnectionHealth) {
    const { tls, isHttpsCompatible } = options;
    this.#transport = transport;
    this.#engine = new TlsEngine(tls);
    this.#health = health;
    this.#isHttpsCompatible = isHttpsCompatible;
    this.#sending = new Direction(health, 'sending on');
    this.#receiving = new Direction(health, 'receiving from');
  }

  get handshake(): Handshake {
    return this.#engine.handshake;
  }

  get hasEndedSilently(): boolean {
    return this.#hasTransportEnded && this.#isHttpsCompatible;
  }

  async doHandshake(operation: string): Promise<void> {
    const engine = this.#engine;
    const { handshake } = engine;
    for (;;) {
      await engine.settled();
      if (engine.failure !== undefined) await this.#throwFailure(engine.failure, operation);
      if (engine.output.size === 0) {
        if (handshake.isDone) return;
        await this.#feed(operation);
      } else if (handshake.isDone && handshake.isServer && handshake.details.protocol === 'TLSv1.3') {
        this.#held = engine.output.takeJoined();
      } else {
        await this.#flush();
      }
    }
  }

  get isSending(): boolean {
    return this.#sending.isBusy;
  }

  async sendAll(data: Sendable): Promise<void> {
    const operation = 'sendAll()';
    await rejectIfCancelled(operation);
    const bytes = toBytes(data, operation);
    await this.#sending.use(operation, async () => {
      this.#health.requireUsable(operation);
      if (bytes.length === 0) return ready(undefined, operation);
      try {
        for (let position = 0; position < bytes.length; position += PIECE) {
          const written = this.#engine.write(bytes.subarray(position, position + PIECE));
          await this.#drive(() => written.isDone, operation);
        }
      } catch (error) {
        // A part of it has been sent, or is on its way.
        this.#health.break(error);
        throw error;
      }
    });
  }

  async waitSendAllMightNotBlock(): Promise<void> {
    const operation = 'waitSendAllMightNotBlock()';
    await rejectIfCancelled(operation);
    await this.#sending.use(operation, () =>
      this.#sendTurn.run(async () => {
        this.#health.requireUsable(operation);
        try {
          await this.#transport.waitSendAllMightNotBlock();
        } catch (error) {
          if (!isCancelled(error)) this.#health.break(error);
          throw error;
        }
      }),
    );
  }

  async receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    const operation = 'receiveSome()';
    await rejectIfCancelled(operation);
    requireMaxBytes(maxBytes, Infinity);
    const engine = this.#engine;
    const { plaintext } = engine;
    return await this.#receiving.use(operation, async () => {
      // Data that came before an error is returned first.
      if (plaintext.size > 0) return ready(plaintext.take(maxBytes ?? Infinity), operation);
      if (engine.hasEnded || this.hasEndedSilently) return ready(null, operation);
      this.#health.requireUsable(operation);
      await this.#drive(() => plaintext.size > 0 || engine.hasEnded || this.hasEndedSilently, operation);
      return plaintext.size === 0 ? null : plaintext.take(maxBytes ?? Infinity);
    });
  }

  receiveInto(target: Uint8Array): Promise<number | null> {
    return fillTarget(target, (maxBytes) => this.receiveSome(maxBytes));
  }

  async finish(isSilent: boolean, operation: string): Promise<void> {
    if (isSilent) return;
    const engine = this.#engine;
    engine.end();
    await this.#drive(() => !engine.isBusy, operation);
  }

  discard(): void {
    this.#engine.destroy();
  }

  /**
   * Moves records until `isDone`, and no record is left to be sent. A sender's records leave `output` in the same step in
   * which they enter it. So a receiver that finds output there produced it, and never waits for another task's send.
   */
  async #drive(isDone: () => boolean, operation: string): Promise<void> {
    const engine = this.#engine;
    for (;;) {
      if (engine.output.size > 0) {
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

  /** Sends the records in `output`. */
  #flush(): Promise<void> {
    return this.#sendTurn.run(async () => {
      const { output } = this.#engine;
      // The task that had the turn before may have sent it.
      if (output.size === 0) return;
      let records = output.takeJoined();
      if (this.#held !== undefined) records = Buffer.concat([this.#held, records]);
      this.#held = undefined;
      try {
        await this.#transport.sendAll(records);
      } catch (error) {
        this.#health.break(error);
        throw error;
      }
    });
  }

  /** Receives records, unless another task has done so while this one waited for its turn. */
  async #feed(operation: string): Promise<void> {
    const engine = this.#engine;
    const received = this.#received;
    await this.#receiveTurn.run(async () => {
      if (received !== this.#received) return;
      const records = this.#hasTransportEnded ? null : await this.#receiveFromTransport();
      this.#received++;
      if (records !== null) return engine.feed(records);
      this.#hasTransportEnded = true;
      const { isDone } = engine.handshake;
      if (isDone && this.#isHttpsCompatible) return;
      const error = cutOffError(isDone);
      this.#health.break(error);
      throw this.#health.brokenError(operation, error);
    });
  }

  async #receiveFromTransport(): Promise<Uint8Array | null> {
    try {
      return await this.#transport.receiveSome();
    } catch (error) {
      // A receive that is cancelled has had no effect.
      if (!isCancelled(error)) this.#health.break(error);
      throw error;
    }
  }

  /** Sends the engine's alert to the peer, if there is one, and throws. */
  async #throwFailure(failure: Error, operation: string): Promise<never> {
    this.#health.break(failure);
    if (this.#engine.output.size > 0) {
      try {
        await this.#flush();
      } catch (error) {
        if (isCancelled(error)) throw error;
        // The earlier error matters more.
      }
    }
    throw this.#health.brokenError(operation, failure);
  }
}

/** The error when the transport ends and the peer has not announced it. */
export function cutOffError(isHandshakeDone: boolean): Error {
  const when = isHandshakeDone ? 'without a close_notify, so what has come may be cut off' : 'during the handshake';
  return new Error(`the transport has ended ${when}`);
}
