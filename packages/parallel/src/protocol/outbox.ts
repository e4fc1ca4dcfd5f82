import type { Transferable } from '../boundary/transfer.ts';

/** Sends a batch of records. Throws when a value in it cannot be cloned; then nothing has been sent. */
export type Post = (batch: unknown[], transfers: readonly Transferable[]) => void;

/**
 * Gathers what is sent in one go: one message takes all records of a microtask, which is several times as fast as a message
 * for each (benchmark `parallel`, 16 and 256 in flight).
 *
 * A record that cannot be cloned must not lose the others: then each is sent alone, and the faulty one is handed back.
 */
export class Outbox {
  readonly #post: Post;
  readonly #refused: (record: unknown[], problem: unknown) => void;
  #batch: unknown[] = [];
  /** Where records begin in the batch. */
  #starts: number[] = [];
  /** The objects that records move, by the index of the record. */
  #transfers: Map<number, Transferable[]> | undefined = undefined;
  #scheduled = false;

  /** @param refused takes what could not be sent; it may put something else into the outbox. */
  constructor(post: Post, refused: (record: unknown[], problem: unknown) => void) {
    this.#post = post;
    this.#refused = refused;
  }

  /** Number of records that wait to be sent. */
  get size(): number {
    return this.#starts.length;
  }

  /** Begins a record: its fields are pushed into what is returned. It is sent in a microtask. */
  open(transfers?: Transferable[]): unknown[] {
    this.schedule();
    return this.openQuietly(transfers);
  }

  /** Begins a record that is sent with the next `flush`. */
  openQuietly(transfers?: Transferable[]): unknown[] {
    if (transfers !== undefined && transfers.length > 0) {
      (this.#transfers ??= new Map<number, Transferable[]>()).set(this.#starts.length, transfers);
    }
    this.#starts.push(this.#batch.length);
    return this.#batch;
  }

  /** Sends what is there in a microtask. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#flushScheduled);
  }

  readonly #flushScheduled = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  /** Sends what is there. */
  flush(): void {
    if (this.#starts.length === 0) return;
    const batch = this.#batch;
    const starts = this.#starts;
    const transfers = this.#transfers;
    this.#batch = [];
    this.#starts = [];
    this.#transfers = undefined;
    try {
      this.#post(batch, transfers === undefined ? [] : [...new Set([...transfers.values()].flat())]);
    } catch {
      for (const [index, start] of starts.entries()) {
        const record = batch.slice(start, starts[index + 1]);
        try {
          this.#post(record, transfers?.get(index) ?? []);
        } catch (problem) {
          this.#refused(record, problem);
        }
      }
    }
  }
}
