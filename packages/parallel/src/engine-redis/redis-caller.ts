import { randomUUID } from 'node:crypto';
import type { Job, JobsOptions, Queue, QueueEvents, QueueEventsProducer } from 'bullmq';
import type { Redis } from 'ioredis';
import type {
  CancelledBy,
  EngineCaller,
  EngineEvents,
  EngineJobInfo,
  EngineOutcome,
  EngineSubmission,
  Json,
} from '../engine/engine-backend.ts';
import type { RedisPackages } from './load-packages.ts';
import { readFailure } from './outcome-text.ts';
import { Reconciling } from './reconciling.ts';
import { briefly, firstConnection, makeClient } from './redis-client.ts';
import type { CheckedRedisOptions } from './redis-options.ts';
import { cancelChannel } from './redis-worker.ts';
import type { CancelRequest, StoredJob } from './redis-worker.ts';

type StoredQueue = Queue<StoredJob, Json, string>;

/** The event of a job that was taken out before it began, which BullMQ has no event for. */
const CANCELLED = 'tercet-cancelled';

/** Seconds for which a job that has failed can be looked at, with the tools of BullMQ, and how many at most. */
const KEEP_FAILED = { age: 86_400, count: 1000 };

/** Seconds after which the list of the callers of a job is given up: of callers that were killed. */
const FORGET_CALLERS = 86_400;

// A job that has failed stays in the queue, to be looked at, but must not stand in the way of the next one with its id. And it
// is noted who waits for a job, so that only the last one cancels it.
const PREPARE = `
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then redis.call('DEL', KEYS[2]) end
redis.call('SADD', KEYS[3], ARGV[2])
redis.call('EXPIRE', KEYS[3], ARGV[3])`;

/** A job that is to be added. */
interface Outgoing {
  readonly submission: EngineSubmission;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A job as BullMQ takes it. */
function bulkOf({ id, token, name, payload, attempts, backoff, delay, keepResult }: EngineSubmission): {
  readonly name: string;
  readonly data: StoredJob;
  readonly opts: JobsOptions;
} {
  const opts: JobsOptions = {
    jobId: id,
    // A result that is gone at once could not be found by those that have lost its event.
    removeOnComplete: { age: Math.max(1, Math.ceil(keepResult / 1000)) },
    removeOnFail: KEEP_FAILED,
  };
  if (attempts > 1) opts.attempts = attempts;
  if (backoff > 0) opts.backoff = { type: 'exponential', delay: Math.ceil(backoff) };
  if (delay > 0) opts.delay = Math.ceil(delay);
  return { name, data: { token, payload }, opts };
}

/** The clients of a caller: one for commands, and one that waits for events. */
interface Connections {
  readonly client: Redis;
  readonly listener: Redis;
}

/**
 * A caller of BullMQ. The ends of jobs come through one stream of events, into a map of the jobs that are waited for: BullMQ's
 * `waitUntilFinished` asks one question more for each job, and cannot say who has cancelled one. What the stream has lost is
 * found by looking.
 */
export class RedisCaller implements EngineCaller {
  readonly #settings: CheckedRedisOptions;
  readonly #events: EngineEvents;
  readonly #connections: Connections;
  readonly #queue: StoredQueue;
  readonly #producer: QueueEventsProducer;
  readonly #stream: QueueEvents;
  readonly #reconciling: Reconciling;
  /** Names this caller among those of a job. */
  readonly #me = randomUUID();
  /** The jobs that are waited for, by id. */
  readonly #pending = new Map<string, EngineSubmission>();
  /** What is to be sent at the end of this turn. */
  #outbox: Outgoing[] = [];

  static async open(
    packages: RedisPackages,
    queue: string,
    settings: CheckedRedisOptions,
    events: EngineEvents,
  ): Promise<RedisCaller> {
    const connections = { client: makeClient(packages, settings), listener: makeClient(packages, settings) };
    const { client, listener } = connections;
    for (const each of [client, listener]) each.on('error', (error) => events.problem(error));
    try {
      await Promise.all([firstConnection(client, settings), firstConnection(listener, settings)]);
      // Without a place to begin at, BullMQ would begin anew after each pause, and lose what comes in between.
      const [last] = await client.xrevrange(`${settings.prefix}:${queue}:events`, '+', '-', 'COUNT', 1);
      return new RedisCaller(packages, queue, settings, events, connections, last?.[0] ?? '0');
    } catch (error) {
      client.disconnect();
      listener.disconnect();
      throw error;
    }
  }

  private constructor(
    packages: RedisPackages,
    name: string,
    settings: CheckedRedisOptions,
    events: EngineEvents,
    connections: Connections,
    lastEventId: string,
  ) {
    this.#settings = settings;
    this.#events = events;
    this.#connections = connections;
    const { prefix } = settings;
    const { Queue: BullQueue, QueueEvents: BullEvents, QueueEventsProducer: BullProducer } = packages.bullmq;
    const connection = connections.client as never;
    this.#queue = new BullQueue(name, { connection, prefix }) as StoredQueue;
    this.#producer = new BullProducer(name, { connection, prefix });
    this.#stream = new BullEvents(name, { connection: connections.listener as never, prefix, lastEventId });
    const problem = (error: unknown): void => events.problem(error);
    this.#queue.on('error', problem);
    this.#producer.on('error', problem);
    this.#stream.on('error', problem);
    this.#listen();
    this.#reconciling = new Reconciling(
      () => this.#pending.keys(),
      (id) => this.#lookAt(id),
      (error) => events.problem(error),
    );
    connections.listener.on('ready', () => this.#reconciling.lookAtAll());
  }

  #listen(): void {
    const stream = this.#stream as unknown as {
      on(event: string, listener: (args: Readonly<Record<string, unknown>> & { readonly jobId: string }) => void): void;
    };
    stream.on('completed', ({ jobId, returnvalue }) => {
      this.#end(jobId, { kind: 'result', payload: returnvalue as Json });
    });
    stream.on('failed', ({ jobId, failedReason }) => this.#failed(jobId, failedReason as string));
    stream.on('progress', ({ jobId, data }) => {
      if (this.#pending.has(jobId)) this.#events.progress(jobId, data as Json);
    });
    stream.on(CANCELLED, ({ jobId, by }) => this.#end(jobId, { kind: 'cancelled', by: by as CancelledBy }));
    // It may have ended before it was submitted again.
    stream.on('duplicated', ({ jobId }) => {
      if (this.#pending.has(jobId)) this.#reconciling.lookAtSoon(jobId);
    });
  }

  // ---- jobs of this caller

  async submit(submission: EngineSubmission): Promise<void> {
    this.#pending.set(submission.id, submission);
    await this.#add(submission);
  }

  /** All submissions of a moment share one message (benchmark `engine`, processor time). */
  #add(submission: EngineSubmission): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#outbox.length === 0) process.nextTick(() => this.#flush());
      this.#outbox.push({ submission, resolve, reject });
    });
  }

  #flush(): void {
    const batch = this.#outbox;
    this.#outbox = [];
    // On the same connection, and so before what follows.
    for (const { submission } of batch) if (submission.shared) this.#ignoring(this.#prepare(submission.id));
    if (batch.length === 1) return this.#addAlone(batch[0]!);
    this.#queue.addBulk(batch.map(({ submission }) => bulkOf(submission))).then(
      () => batch.forEach(({ resolve }) => resolve()),
      // A connection that is lost ends a batch, but single commands wait for it. What has been added is not added twice.
      () => batch.forEach((entry) => this.#addAlone(entry)),
    );
  }

  #addAlone({ submission, resolve, reject }: Outgoing): void {
    const { name, data, opts } = bulkOf(submission);
    this.#queue.add(name, data, opts).then(() => resolve(), reject);
  }

  #prepare(id: string): Promise<unknown> {
    const keys = [this.#queue.toKey('failed'), this.#queue.toKey(id), this.#callersKey(id)];
    return this.#connections.client.eval(PREPARE, keys.length, ...keys, id, this.#me, FORGET_CALLERS);
  }

  #callersKey(id: string): string {
    return this.#queue.toKey(`tercet:callers:${id}`);
  }

  #failed(id: string, text: string): void {
    if (this.#pending.has(id)) this.#end(id, readFailure(text, this.#settings.maxLost));
  }

  #end(id: string, outcome: EngineOutcome): void {
    if (!this.#pending.has(id)) return;
    this.forget(id);
    this.#events.ended(id, outcome);
  }

  forget(id: string): void {
    const submission = this.#pending.get(id);
    this.#pending.delete(id);
    if (submission?.shared === true) this.#ignoring(this.#connections.client.srem(this.#callersKey(id), this.#me));
  }

  async leave(id: string): Promise<void> {
    const submission = this.#pending.get(id);
    if (submission === undefined) return;
    if (submission.shared && (await this.#othersWait(id))) {
      this.#end(id, { kind: 'cancelled', by: 'caller' });
      return;
    }
    // At once, as if it ran with this submission: most do. Workers ignore a request about any other one.
    const asked = this.#publish({ id, token: submission.token, by: 'caller' });
    const job = await this.#jobOf(id);
    if (job !== undefined && job.finishedOn === undefined) {
      if (await this.#takeOut(id, 'caller')) this.#end(id, { kind: 'cancelled', by: 'caller' });
      else if (job.data.token !== submission.token) {
        await this.#publish({ id, token: job.data.token, by: 'caller' });
      }
    }
    await asked;
  }

  async #othersWait(id: string): Promise<boolean> {
    const key = this.#callersKey(id);
    const results = await this.#connections.client.multi().srem(key, this.#me).scard(key).exec();
    return Number(results?.[1]?.[1]) > 0;
  }

  // ---- any job

  async cancel(id: string): Promise<boolean> {
    const job = await this.#jobOf(id);
    if (job === undefined || job.finishedOn !== undefined) return false;
    if (!(await this.#takeOut(id, 'other'))) await this.#publish({ id, token: job.data.token, by: 'other' });
    return true;
  }

  /** Takes a job out of the queue, if it has not begun. */
  async #takeOut(id: string, by: CancelledBy): Promise<boolean> {
    if ((await this.#queue.remove(id)) !== 1) return false;
    await this.#producer.publishEvent({ eventName: CANCELLED, jobId: id, by });
    return true;
  }

  /** Asks the worker that runs a job to end it. */
  async #publish(request: CancelRequest): Promise<void> {
    const channel = cancelChannel(this.#settings.prefix, this.#queue.name);
    await this.#connections.client.publish(channel, JSON.stringify(request));
  }

  async list(): Promise<EngineJobInfo[]> {
    const kinds = [
      ['running', 'active'],
      ['waiting', 'wait'],
      ['delayed', 'delayed'],
    ] as const;
    const lists = await Promise.all(
      kinds.map(async ([state, kind]) =>
        (await this.#queue.getJobs([kind], 0, -1, true)).map((job) => ({
          id: job.id ?? '',
          name: job.name,
          state,
          progress: job.progress === 0 ? null : (job.progress as Json),
          attempt: job.attemptsMade + 1,
        })),
      ),
    );
    return lists.flat();
  }

  // ---- what the stream has lost

  /** Finds out how a job is that is waited for. */
  async #lookAt(id: string): Promise<void> {
    const submission = this.#pending.get(id);
    if (submission === undefined) return;
    const job = await this.#jobOf(id);
    if (this.#pending.get(id) !== submission) return;
    // Redis has lost it, or its result has been kept too briefly for a connection that was away for so long.
    if (job === undefined) return this.#add(submission);
    if (job.finishedOn === undefined) return;
    // The reason why an earlier attempt failed stays.
    const { returnvalue } = job as { readonly returnvalue: Json | undefined };
    if (returnvalue === undefined || returnvalue === null) this.#failed(id, job.failedReason);
    else this.#end(id, { kind: 'result', payload: returnvalue });
  }

  #jobOf(id: string): Promise<Job<StoredJob, Json, string> | undefined> {
    return this.#queue.getJob(id) as Promise<Job<StoredJob, Json, string> | undefined>;
  }

  #ignoring(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#events.problem(error));
  }

  async close(): Promise<void> {
    this.#reconciling.end();
    this.#pending.clear();
    const { client, listener } = this.#connections;
    await briefly(Promise.all([this.#queue.close(), this.#producer.close()]));
    await briefly(this.#stream.close());
    client.disconnect();
    listener.disconnect();
  }
}
