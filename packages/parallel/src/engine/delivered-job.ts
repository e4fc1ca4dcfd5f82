import type { CancelScope } from '@tercet/core';
import type { CurrentJob } from '../serving/worker-state.ts';
import type { CancelledBy, EngineDelivery, Json } from './engine-backend.ts';

/** A job that runs in this worker program. */
export class DeliveredJob implements CurrentJob {
  readonly delivery: EngineDelivery;
  /** The origin of the first cancel request. */
  askedBy: CancelledBy | undefined = undefined;
  readonly #scope: CancelScope;
  /** Encodes a report, or returns `undefined` if that fails. Missing when the caller has no `onProgress`. */
  readonly #encode: ((value: unknown) => Json | undefined) | undefined;
  /** The latest report, if it has not been sent yet. */
  #latest: { readonly payload: Json } | undefined = undefined;
  /** Resolves when all reports have been sent. Is set exactly while `#sendAll` runs. */
  #sending: Promise<void> | undefined = undefined;
  #ended = false;

  constructor(
    delivery: EngineDelivery,
    scope: CancelScope,
    encode: ((value: unknown) => Json | undefined) | undefined,
  ) {
    this.delivery = delivery;
    this.#scope = scope;
    this.#encode = encode;
  }

  /** Cancels the job's scope. Only the first request counts. */
  ask(by: CancelledBy): void {
    if (this.askedBy !== undefined) return;
    this.askedBy = by;
    this.#scope.cancel(by === 'other' ? 'the job has been cancelled by its id' : 'the caller has been cancelled');
  }

  isAsked(): boolean {
    return this.#scope.cancelCalled;
  }

  /** Never blocks. While a report is being sent, only the latest of the others is kept. */
  report(value: unknown): void {
    const payload = this.#ended ? undefined : this.#encode?.(value);
    if (payload === undefined) return;
    this.#latest = { payload };
    this.#sending ??= this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#latest; next !== undefined; next = this.#latest) {
      this.#latest = undefined;
      // Sending fails when the job was taken away from this program. Its progress then no longer matters.
      await this.#send(next.payload).catch(() => (this.#latest = undefined));
    }
    this.#sending = undefined;
  }

  /** Rejects also when the engine throws synchronously. */
  async #send(payload: Json): Promise<void> {
    await this.delivery.report(payload);
  }

  /** Takes no more reports, and resolves when the last one has been sent. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#sending;
  }
}
