import type { Job, QueueEvents, QueueEventsProducer } from 'bullmq';
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
import { SubmissionSender } from './submission-sender.ts';
import type { StoredQueue } from './submission-sender.ts';

/** Sent when a job is taken out of the queue before it has begun: BullMQ sends no event for this. */
const CANCELLED = 'tercet-cancelled';

/** The two connections of a caller: `client` sends commands, and `listener` waits for events. */
interface Connections {
  readonly client: Redis;
  readonly listener: Redis;
}

/**
 * The connection of a program that calls jobs through BullMQ. One stream of events reports the ends of all jobs. BullMQ's own
 * `waitUntilFinished` would cost one more command for each job, and does not report who has cancelled a job. When events are
 * lost, the caller reads the states of its jobs from Redis.
 */
export class RedisCaller implements EngineCaller {
  readonly #settings: CheckedRedisOptions;
  readonly #events: EngineEvents;
  readonly #connections: Connections;
  readonly #queue: StoredQueue;
  readonly #producer: QueueEventsProducer;
  readonly #stream: QueueEvents;
  readonly #reconciling: Reconciling;
  readonly #sender: SubmissionSender;
  /** The submissions whose jobs have not ended, by the ids of the jobs; a job that is not in here is not reported. */
  readonly #pending = new Map<string, EngineSubmission>();

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
      // Without a start position, BullMQ would restart at the newest event after each pause, and lose the events between.
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
    this.#sender = new SubmissionSender(this.#queue, connections.client, problem);
    this.#listen();
    this.#reconciling = new Reconciling(
      () => this.#pending.keys(),
      (id) => this.#lookAt(id),
      problem,
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
    // The earlier job with this id may have ended before this submission, and then no event follows.
    stream.on('duplicated', ({ jobId }) => {
      if (this.#pending.has(jobId)) this.#reconciling.lookAtSoon(jobId);
    });
  }

  async submit(submission: EngineSubmission): Promise<void> {
    this.#pending.set(submission.id, submission);
    await this.#sender.send(submission);
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
    if (submission?.shared === true) this.#sender.removeCaller(id);
  }

  async leave(id: string): Promise<void> {
    const submission = this.#pending.get(id);
    if (submission === undefined) return;
    if (submission.shared && (await this.#sender.leaveToOthers(id))) {
      this.#end(id, { kind: 'cancelled', by: 'caller' });
      return;
    }
    // Most jobs run with the token of this submission, so it is tried before the job is read. Workers ignore other tokens.
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

  async cancel(id: string): Promise<boolean> {
    const job = await this.#jobOf(id);
    if (job === undefined || job.finishedOn !== undefined) return false;
    if (!(await this.#takeOut(id, 'other'))) await this.#publish({ id, token: job.data.token, by: 'other' });
    return true;
  }

  /** Takes a job out of the queue. @returns false when it has begun, or is gone. */
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

  /** Reads the state of a pending job, and reports its end if the event stream has missed it. */
  async #lookAt(id: string): Promise<void> {
    const submission = this.#pending.get(id);
    if (submission === undefined) return;
    const job = await this.#jobOf(id);
    if (this.#pending.get(id) !== submission) return;
    // Redis has lost the job, or its result expired while the connection was down.
    if (job === undefined) return this.#sender.send(submission);
    if (job.finishedOn === undefined) return;
    // `failedReason` alone does not show a failure: BullMQ keeps the reason of an earlier attempt after a success.
    const { returnvalue } = job as { readonly returnvalue: Json | undefined };
    if (returnvalue === undefined || returnvalue === null) this.#failed(id, job.failedReason);
    else this.#end(id, { kind: 'result', payload: returnvalue });
  }

  #jobOf(id: string): Promise<Job<StoredJob, Json, string> | undefined> {
    return this.#queue.getJob(id) as Promise<Job<StoredJob, Json, string> | undefined>;
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
