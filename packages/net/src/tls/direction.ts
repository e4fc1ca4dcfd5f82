import { busyError } from '@tercet/streams/lowlevel';
import type { ConnectionHealth } from './connection-health.ts';

/** One direction of a TLS connection. One task at a time may use it. */
export class Direction {
  readonly #health: ConnectionHealth;
  readonly #doing: 'sending on' | 'receiving from';
  #isBusy = false;

  constructor(health: ConnectionHealth, doing: 'sending on' | 'receiving from') {
    this.#health = health;
    this.#doing = doing;
  }

  /** Whether a task is using it. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /**
   * Calls `fn` while no other task can use the direction.
   *
   * @throws {ClosedResourceError} when the connection is closed, or gets closed meanwhile.
   * @throws {BusyResourceError} when another task is using the direction. @throws the error of `fn`.
   */
  async use<T>(operation: string, fn: () => Promise<T>): Promise<T> {
    const health = this.#health;
    if (health.isClosed) throw health.closedError(operation);
    if (this.#isBusy) throw busyError(operation, health.describe(), this.#doing);
    this.#isBusy = true;
    try {
      return await fn();
    } catch (error) {
      throw health.translate(error, operation);
    } finally {
      this.#isBusy = false;
    }
  }
}
