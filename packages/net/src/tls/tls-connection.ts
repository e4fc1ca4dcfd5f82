import { isCancelled } from '@tercet/core';
import { runOutside, WaitQueue } from '@tercet/core/lowlevel';
import type { Stream } from '@tercet/streams';
import type { ConnectionHealth } from './connection-health.ts';
import type { Handshake } from './handshake.ts';
import { NativeTls, takeSocket } from './native-tls.ts';
import { RecordPump } from './record-pump.ts';
import type { PathOptions, TlsPath } from './tls-path.ts';

/**
 * The conversation of a `TlsStream` with its peer: a handshake that is done once, however many tasks need it, and then the
 * path that data takes. Which one that is depends on the transport, and is decided when the handshake begins.
 */
export class TlsConnection {
  readonly #transport: Stream;
  readonly #options: PathOptions;
  readonly #health: ConnectionHealth;
  readonly #waiters = new WaitQueue<void>('a TLS handshake');
  #isHandshaking = false;
  #path: TlsPath | undefined = undefined;

  constructor(transport: Stream, options: PathOptions, health: ConnectionHealth) {
    this.#transport = transport;
    this.#options = options;
    this.#health = health;
  }

  /** The path that data takes, once the handshake is done. */
  get path(): TlsPath | undefined {
    return this.#health.isHandshakeDone ? this.#path : undefined;
  }

  /** What the handshake has resulted in, once it is done. */
  get handshake(): Handshake | undefined {
    return this.path?.handshake;
  }

  /** Whether the transport has ended without a word, where that is allowed. */
  get hasEndedSilently(): boolean {
    return this.#path?.hasEndedSilently === true;
  }

  /** Does the handshake, or waits for the one that another task is doing. @returns the path, and whether it had to wait. */
  async ensureHandshake(operation: string): Promise<{ readonly path: TlsPath; readonly hasWaited: boolean }> {
    const hasWaited = !this.#health.isHandshakeDone;
    if (this.#isHandshaking) {
      await this.#waiters.wait(undefined);
      // It may have failed, or another task may have closed all of it meanwhile.
      this.#health.requireUsable(operation);
    } else if (hasWaited) {
      await this.#doHandshake(operation);
    }
    return { path: this.#path!, hasWaited };
  }

  /** Waits until the transport would take something; whether or not there has been a handshake. */
  async waitSendAllMightNotBlock(): Promise<void> {
    if (this.#path !== undefined) return this.#path.waitSendAllMightNotBlock();
    try {
      await this.#transport.waitSendAllMightNotBlock();
    } catch (error) {
      if (!isCancelled(error)) this.#health.break(error);
      throw error;
    }
  }

  /** Throws away what is there. Whoever uses it now, or later, is told that it is closed. */
  discard(): void {
    this.#health.isClosed = true;
    this.#path?.discard();
    this.#waiters.wakeAll();
  }

  async #doHandshake(operation: string): Promise<void> {
    this.#health.requireUsable(operation);
    this.#isHandshaking = true;
    try {
      const socket = await takeSocket(this.#transport);
      this.#health.requireUsable(operation);
      this.#path = runOutside(() =>
        socket === undefined
          ? new RecordPump(this.#transport, this.#options, this.#health)
          : new NativeTls(socket, this.#options, this.#health),
      );
      await this.#path.doHandshake(operation);
      this.#health.isHandshakeDone = true;
    } catch (error) {
      this.#health.break(error);
      throw error;
    } finally {
      this.#isHandshaking = false;
      this.#waiters.wakeAll();
    }
  }
}
