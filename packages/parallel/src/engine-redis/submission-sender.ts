import { randomUUID } from 'node:crypto';
import type { JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { EngineSubmission, Json } from '../engine/engine-backend.ts';
import type { StoredJob } from './redis-worker.ts';

/** A queue of BullMQ, with the types of its jobs. */
export type StoredQueue = Queue<StoredJob, Json, string>;

/** BullMQ's tools show failed jobs for this number of seconds, and at most this number of jobs. */
const KEEP_FAILED = { age: 86_400, count: 1000 };

/** Seconds after which Redis drops the set of a job's callers: a killed caller does not remove itself from it. */
const KEEP_CALLERS = 86_400;

// A failed job stays in the queue for BullMQ's tools, but BullMQ would ignore a new job with the same id: it is deleted first.
// The caller is added to the set of the job's callers, so that the job is cancelled only when the last of them leaves.
const PREPARE = `
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then redis.call('DEL', KEYS[2]) end
redis.call('SADD', KEYS[3], ARGV[2])
redis.call('EXPIRE', KEYS[3], ARGV[3])`;

/** A submission that has not been sent yet, and the promise of its sender. */
interface Outgoing {
  readonly submission: EngineSubmission;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Sends the submissions of one caller to BullMQ, and keeps the caller in the set of callers of each shared job. */
export class SubmissionSender {
  readonly #queue: StoredQueue;
  readonly #client: Redis;
  readonly #problem: (error: unknown) => void;
  /** Identifies this caller in the sets of callers. */
  readonly #callerId = randomUUID();
  /** The submissions of this turn of the event loop; a flush is scheduled exactly while this is not empty. */
  #outbox: Outgoing[] = [];

  /** @param client sends the commands of `queue`, too: commands reach Redis in the order in which they are given. */
  constructor(queue: StoredQueue, client: Redis, problem: (error: unknown) => void) {
    this.#queue = queue;
    this.#client = client;
    this.#problem = problem;
  }

  /** Sends a submission. All submissions of one turn share one message, which saves processor time (benchmark `engine`). */
  send(submission: EngineSubmission): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#outbox.length === 0) process.nextTick(() => this.#flush());
      this.#outbox.push({ submission, resolve, reject });
    });
  }

  #flush(): void {
    const batch = this.#outbox;
    this.#outbox = [];
    // The jobs are added on the same connection, and therefore after this.
    for (const { submission } of batch) if (submission.shared) this.#prepare(submission.id);
    if (batch.length === 1) return this.#addAlone(batch[0]!);
    this.#queue.addBulk(batch.map(({ submission }) => bulkOf(submission))).then(
      () => batch.forEach(({ resolve }) => resolve()),
      // A batch fails when its connection is lost, but single commands wait for a new one. BullMQ adds no id twice.
      () => batch.forEach((entry) => this.#addAlone(entry)),
    );
  }

  #addAlone({ submission, resolve, reject }: Outgoing): void {
    const { name, data, opts } = bulkOf(submission);
    this.#queue.add(name, data, opts).then(() => resolve(), reject);
  }

  #prepare(id: string): void {
    const keys = [this.#queue.toKey('failed'), this.#queue.toKey(id), this.#callersKey(id)];
    this.#client.eval(PREPARE, keys.length, ...keys, id, this.#callerId, KEEP_CALLERS).catch(this.#problem);
  }

  /** Removes this caller from the callers of a shared job, without waiting for Redis. */
  removeCaller(id: string): void {
    this.#client.srem(this.#callersKey(id), this.#callerId).catch(this.#problem);
  }

  /** Removes this caller from the callers of a shared job. @returns whether other callers remain. */
  async leaveToOthers(id: string): Promise<boolean> {
    const key = this.#callersKey(id);
    const results = await this.#client.multi().srem(key, this.#callerId).scard(key).exec();
    return Number(results?.[1]?.[1]) > 0;
  }

  #callersKey(id: string): string {
    return this.#queue.toKey(`tercet:callers:${id}`);
  }
}

/** Converts a submission to the arguments of BullMQ's `add` and `addBulk`. */
function bulkOf({ id, token, name, payload, attempts, backoff, delay, keepResult }: EngineSubmission): {
  readonly name: string;
  readonly data: StoredJob;
  readonly opts: JobsOptions;
} {
  const opts: JobsOptions = {
    jobId: id,
    // A caller that misses the event of a job's end looks for the result later: it is kept for at least a second.
    removeOnComplete: { age: Math.max(1, Math.ceil(keepResult / 1000)) },
    removeOnFail: KEEP_FAILED,
  };
  if (attempts > 1) opts.attempts = attempts;
  if (backoff > 0) opts.backoff = { type: 'exponential', delay: Math.ceil(backoff) };
  if (delay > 0) opts.delay = Math.ceil(delay);
  return { name, data: { token, payload }, opts };
}
