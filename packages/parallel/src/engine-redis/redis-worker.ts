import type { Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type {
  CancelledBy,
  EngineDelivery,
  EngineDisposition,
  EngineWorker,
  EngineWorkerOptions,
  Json,
} from '../engine/engine-backend.ts';
import type { RedisPackages } from './load-packages.ts';
import { cancelledText, failureText } from './outcome-text.ts';
import { briefly, copiesOf, firstConnection, makeClient } from './redis-client.ts';
import type { CheckedRedisOptions } from './redis-options.ts';

/** The data of a BullMQ job. */
export interface StoredJob {
  readonly token: string;
  readonly payload: Json;
}

/** A request to end a running job. It is sent to all workers of the queue. */
export interface CancelRequest {
  readonly id: string;
  readonly token: string;
  readonly by: CancelledBy;
}

/** The Redis channel for requests to end running jobs. BullMQ cannot cancel a job that runs in another program. */
export function cancelChannel(prefix: string, queue: string): string {
  return `${prefix}:${queue}:tercet:cancel`;
}

const RETURNED: EngineDisposition = { kind: 'returned' };

/** A worker of BullMQ whose jobs can be cancelled by other programs. */
export class RedisWorker implements EngineWorker {
  readonly #packages: RedisPackages;
  readonly #options: EngineWorkerOptions;
  readonly #client: Redis;
  readonly #subscriber: Redis;
  readonly #copies: readonly Redis[];
  #stopped = false;
  readonly #worker: Worker<StoredJob, Json>;

  static async open(
    packages: RedisPackages,
    queue: string,
    settings: CheckedRedisOptions,
    options: EngineWorkerOptions,
  ): Promise<RedisWorker> {
    const client = makeClient(packages, settings);
    client.on('error', options.problem);
    await firstConnection(client, settings);
    const subscriber = makeClient(packages, settings);
    subscriber.on('error', options.problem);
    try {
      await firstConnection(subscriber, settings);
      await subscriber.subscribe(cancelChannel(settings.prefix, queue));
      return new RedisWorker(packages, queue, settings, options, client, subscriber);
    } catch (error) {
      client.disconnect();
      subscriber.disconnect();
      throw error;
    }
  }

  private constructor(
    packages: RedisPackages,
    queue: string,
    { prefix, lock, check, maxLost }: CheckedRedisOptions,
    options: EngineWorkerOptions,
    client: Redis,
    subscriber: Redis,
  ) {
    this.#packages = packages;
    this.#options = options;
    this.#client = client;
    this.#subscriber = subscriber;
    this.#copies = copiesOf(client);
    subscriber.on('message', (_channel, text) => {
      const { id, token, by } = JSON.parse(text) as CancelRequest;
      options.cancel(id, token, by);
    });
    this.#worker = new packages.bullmq.Worker<StoredJob, Json>(queue, this.#process, {
      connection: client as never,
      prefix,
      concurrency: options.concurrency,
      lockDuration: lock,
      stalledInterval: check,
      maxStalledCount: maxLost,
      runRetryDelay: 1000,
    });
    this.#worker.on('error', options.problem);
    this.#worker.on('lockRenewalFailed', (ids) => {
      options.problem(
        new Error(`the locks of these jobs have been lost, and they may be run again: ${ids.join(', ')}`),
      );
    });
  }

  // BullMQ inspects the number of parameters: with a third one, it would pass an abort signal.
  readonly #process = async (job: Job<StoredJob, Json>, token?: string): Promise<Json> => {
    // A paused worker still takes the job that ends its last wait for one.
    const disposition = this.#stopped ? RETURNED : await this.#options.run(deliveryOf(job));
    return this.#answer(job, token, disposition);
  };

  async #answer(job: Job<StoredJob, Json>, token: string | undefined, disposition: EngineDisposition): Promise<Json> {
    const { UnrecoverableError, WaitingError } = this.#packages.bullmq;
    switch (disposition.kind) {
      case 'result':
        return disposition.payload;
      case 'cancelled':
        throw withoutStack(new UnrecoverableError(cancelledText(disposition.by)));
      case 'returned':
        await job.moveToWait(token);
        throw new WaitingError();
      case 'failed': {
        const text = failureText(disposition.summary, disposition.payload);
        throw withoutStack(disposition.final ? new UnrecoverableError(text) : new Error(text));
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    // From here on the worker takes no job. Its pending wait for one may end later.
    await briefly(this.#worker.pause(true), 100);
  }

  async close(): Promise<void> {
    // The outcomes of the last jobs may still have to be sent.
    await briefly(this.#worker.close(), CLOSING);
    for (const client of [this.#client, this.#subscriber, ...this.#copies]) client.disconnect();
  }
}

/** Milliseconds for which a closing worker waits for a lost connection, to send the outcomes of its last jobs. */
const CLOSING = 5000;

/** Removes the stack, which BullMQ would store in addition: the payload already has the stack of the job's error. */
function withoutStack(error: Error): Error {
  error.stack = '';
  return error;
}

function deliveryOf(job: Job<StoredJob, Json>): EngineDelivery {
  const { id = '', name, data, attemptsMade, opts } = job;
  return {
    id,
    token: data.token,
    name,
    payload: data.payload,
    attempt: attemptsMade + 1,
    attempts: opts.attempts ?? 1,
    report: (progress) => job.updateProgress(progress as never),
  };
}
