import { cloneFailure } from '../boundary/clone-failure.ts';
import { encodeError } from '../boundary/encode-error.ts';
import { payloadOf } from '../boundary/payload.ts';
import type { Payload } from '../boundary/payload.ts';
import { ToParent } from '../protocol/messages.ts';
import type { LeavingReason } from '../protocol/messages.ts';
import { Outbox } from '../protocol/outbox.ts';
import type { Job, Outcome } from './job.ts';
import type { Parent } from './parent.ts';

/** Milliseconds between two reports of progress. */
const PROGRESS_EVERY = 10;

/**
 * Everything that a worker sends to its parent: outcomes, progress, items of streams, output. Records are gathered and leave
 * together with `flush`; only records that the parent waits for leave earlier.
 */
export class Answers {
  readonly #parent: Parent;
  readonly #runningJob: () => Job | undefined;
  readonly #outbox: Outbox;
  #lastFlush = 0;
  #flushIsScheduled = false;

  /** @param runningJob the job that has begun and not ended. */
  constructor(parent: Parent, runningJob: () => Job | undefined) {
    this.#parent = parent;
    this.#runningJob = runningJob;
    this.#outbox = new Outbox(parent.post, (record, problem) => this.#refused(record, problem));
  }

  /** The instant of the last `flush`, in milliseconds. */
  get lastFlush(): number {
    return this.#lastFlush;
  }

  flush(): void {
    this.#lastFlush = performance.now();
    this.#outbox.flush();
  }

  /** Sends answers soon, so that they do not wait for a job that may take long. */
  flushSoon(): void {
    if (this.#outbox.size === 0 || this.#flushIsScheduled) return;
    this.#flushIsScheduled = true;
    setImmediate(() => {
      this.#flushIsScheduled = false;
      this.flush();
    });
  }

  ready(): void {
    this.#outbox.openQuietly().push(ToParent.ready);
    this.flush();
  }

  leaving(reason: LeavingReason, error: unknown): void {
    this.#outbox.openQuietly().push(ToParent.leaving, reason, error === undefined ? undefined : encodeError(error));
  }

  output(descriptor: number, data: unknown): void {
    this.#outbox.openQuietly().push(ToParent.output, descriptor, data);
    this.flush();
  }

  withdrawn(sequence: number): void {
    this.#outbox.open().push(ToParent.withdrawn, sequence);
  }

  /** Sends the latest progress of a job, and then its outcome. */
  ended(job: Job, outcome: Outcome, microseconds: number): void {
    if (job.progress !== undefined) this.#sendProgress(job, job.progress.value);
    const { sequence } = job;
    if (outcome.kind === 'result') {
      const { value } = outcome;
      let payload: Payload | undefined;
      try {
        payload = payloadOf(value);
      } catch (problem) {
        // A getter or a proxy of the job has thrown.
        return this.#refused([ToParent.result, sequence, value], problem);
      }
      const record = this.#outbox.openQuietly(payload?.transfers);
      record.push(ToParent.result, sequence, value, microseconds, payload?.buffers);
    } else if (outcome.kind === 'failed') {
      this.#outbox.openQuietly().push(ToParent.failed, sequence, encodeError(outcome.error), microseconds);
    } else {
      this.#outbox.openQuietly().push(ToParent.cancelled, sequence, microseconds);
    }
  }

  progress(job: Job, value: unknown): void {
    const now = performance.now();
    if (now - job.lastProgress >= PROGRESS_EVERY) {
      job.lastProgress = now;
      this.#sendProgress(job, value);
      this.flush();
      return;
    }
    if (job.progress === undefined) setTimeout(() => this.#sendLatest(job), PROGRESS_EVERY);
    job.progress = { value };
  }

  items(job: Job, items: unknown[]): void {
    this.#outbox.openQuietly(payloadOf(items)?.transfers).push(ToParent.items, job.sequence, items);
    this.flush();
  }

  pull(job: Job, argument: number, count: number): void {
    this.#outbox.open().push(ToParent.pull, job.sequence, argument, count);
  }

  #sendLatest(job: Job): void {
    if (job.progress !== undefined && job === this.#runningJob()) this.progress(job, job.progress.value);
  }

  #sendProgress(job: Job, value: unknown): void {
    job.progress = undefined;
    this.#outbox.openQuietly().push(ToParent.progress, job.sequence, value);
  }

  /** A record could not be cloned: then the job fails with the place of the fault. */
  #refused(record: unknown[], problem: unknown): void {
    const [kind, sequence, value] = record;
    if (kind === ToParent.progress) return;
    const what = kind === ToParent.items ? 'what the generator has yielded' : 'the result';
    const error = cloneFailure(what, value, problem, this.#parent.tryClone);
    if (kind === ToParent.items) this.#runningJob()?.cancel?.();
    this.#parent.post([ToParent.failed, sequence, encodeError(error), 0], []);
  }
}
