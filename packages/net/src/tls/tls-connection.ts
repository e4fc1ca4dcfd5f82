import { BrokenResourceError, BusyResourceError, isCancelled } from '@tercet/core';
import { checkpointIfCancelled, runOutside, WaitQueue } from '@tercet/core/lowlevel';
import { closeForcefully } from '@tercet/streams';
import type { Stream } from '@tercet/streams';
import type { ConnectionHealth } from './connection-health.ts';
import type { Handshake } from './handshake.ts';
import { NativeTls, takeSocket } from './native-tls.ts';
import { RecordPump } from './record-pump.ts';
import type { PathOptions, TlsPath } from './tls-path.ts';

/**
 * Chooses the path for a transport, and does the handshake once, however many tasks need it.
 */
export class TlsConnection {
  readonly #transport: Stream;
  readonly #options: PathOptions;
  readonly #health: ConnectionHealth;
  /** Tasks that wait for the handshake of another task. */
  readonly #waiters = new WaitQueue<void>('a TLS handshake');
  /** True while a task does the handshake. */
  #isHandshaking = false;
  /** Chosen when the handshake begins. */
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

  /** The handshake, once it is done. */
  get handshake(): Handshake | undefined {
    return this.path?.handshake;
  }

  /** Whether the transport has ended without a close_notify, where that is allowed. */
  get hasEndedSilently(): boolean {
    return this.#path?.hasEndedSilently === true;
  }

  /** Does the handshake, or waits for the one that another task is doing. @returns the path, and whether it had to wait. */
  async ensureHandshake(operation: string): Promise<{ readonly path: TlsPath; readonly hasWaited: boolean }> {
    const hasWaited = !this.#health.isHandshakeDone;
    if (this.#isHandshaking) {
      await this.#waiters.wait(undefined);
      // The handshake may have failed, or the connection may have been closed meanwhile.
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

  /**
   * Sends a close_notify, if that is possible and wanted, and closes the transport in any case.
   *
   * @param isSending whether a task is about to send, after the handshake.
   */
  async close(isSending: boolean): Promise<void> {
    const isInUse = isSending || this.path?.isSending === true;
    if (!this.#health.isBroken && !isInUse) {
      try {
        await checkpointIfCancelled();
        if (!this.#options.isHttpsCompatible) await this.ensureHandshake('close()');
        await this.#finish();
      } catch (error) {
        this.#discard();
        // The first error matters more than one of closing.
        // oxlint-disable-next-line @tercet/no-swallowed-cancel -- the error of the attempt is thrown next
        await closeForcefully(this.#transport).catch(() => undefined);
        throw error;
      }
    }
    this.#discard();
    await this.#transport.close();
  }

  async #finish(): Promise<void> {
    try {
      await this.path?.finish(this.#options.isHttpsCompatible, 'close()');
    } catch (error) {
      // The peer is gone, or another task is using the transport directly.
      if (!(error instanceof BrokenResourceError || error instanceof BusyResourceError)) throw error;
    }
  }

  /** Drops everything. Operations fail from now on, also those that wait, because it is closed. */
  #discard(): void {
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
