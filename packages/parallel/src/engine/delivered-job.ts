import type { CancelScope } from '@tercet/core';
import type { CurrentJob } from '../serving/worker-state.ts';
import type { CancelledBy, EngineDelivery, Json } from './engine-backend.ts';

/** A job that runs in this worker program. */
export class DeliveredJob implements CurrentJob {
  readonly delivery: EngineDelivery;
  /** Who has asked for its end. */
  askedBy: CancelledBy | undefined = undefined;
  readonly #scope: CancelScope;
  /** Makes what is stored of a report; `undefined` when nobody wants to hear of progress, or it cannot be stored. */
  readonly #encode: ((value: unknown) => Json | undefined) | undefined;
  /** The latest report, which has not been sent. */
  #latest: { readonly payload: Json } | undefined = undefined;
  /** The report that is being sent, and those that follow it. */
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

  /** It is to end. */
  ask(by: CancelledBy): void {
    if (this.askedBy !== undefined) return;
    this.askedBy = by;
    this.#scope.cancel(by === 'other' ? 'the job has been cancelled by its id' : 'the caller has been cancelled');
  }

  isAsked(): boolean {
    return this.#scope.cancelCalled;
  }

  /** Never blocks: while a report is being sent, the latest one waits, and takes the place of earlier ones. */
  report(value: unknown): void {
    const payload = this.#ended ? undefined : this.#encode?.(value);
    if (payload === undefined) return;
    this.#latest = { payload };
    this.#sending ??= this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    try {
      for (let next = this.#latest; next !== undefined; next = this.#latest) {
        this.#latest = undefined;
        await this.delivery.report(next.payload);
      }
      // oxlint-disable-next-line @tercet/no-swallowed-cancel -- a promise of the engine, which waits for nothing of Tercet
    } catch {
      // A job that is taken away has no progress any more; its end says the rest.
      this.#latest = undefined;
    }
    this.#sending = undefined;
  }

  /** It has ended. Resolves when its last report has been sent. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#sending;
  }
}
