import { CancelScope, currentEffectiveDeadline, currentTime, isOnlyCancelled, named } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { ParkingLot } from '@tercet/core/lowlevel';
import type { Executor } from '../calling/executor.ts';
import type { Fn, RemoteFunction } from '../naming/remote-function.ts';
import { setCrossing } from '../serving/crossing.ts';
import { currentDelivery } from './current-delivery.ts';
import { DeliveredJob } from './delivered-job.ts';
import type { CancelledBy, EngineBackend, EngineDelivery, EngineDisposition, Json } from './engine-backend.ts';
import type { Crossing } from './engine-options.ts';
import { tellProblem } from './engine-problems.ts';
import { encodeFailure, summaryOf } from './failure.ts';
import { decodeArguments, encodeResult } from './job-payload.ts';
import type { JobPayload } from './job-payload.ts';

/** A function that a worker program serves. */
export interface ServedFunction {
  readonly fn: Fn;
  /** Its workers, when it is a function of another module. */
  readonly executor: Executor | undefined;
}

/** The maximum number of cancel requests that are kept for unknown jobs, which may arrive later. */
const KEPT_REQUESTS = 1000;

/** Runs the jobs that an engine delivers, each in a task of one nursery. */
export class JobServer {
  readonly #nursery: Nursery;
  readonly #backend: EngineBackend;
  readonly #queue: string;
  readonly #crossing: Crossing;
  readonly #functions: ReadonlyMap<string, ServedFunction>;
  readonly #running = new Set<DeliveredJob>();
  /** Cancel requests for jobs that have not arrived, by the token of the submission. */
  readonly #requests = new Map<string, CancelledBy>();
  /** Number of deliveries that have no disposition yet. */
  #unanswered = 0;
  readonly #idle = new ParkingLot('end of the jobs of an engine');

  constructor(
    nursery: Nursery,
    backend: EngineBackend,
    queue: string,
    crossing: Crossing,
    functions: ReadonlyMap<string, ServedFunction>,
  ) {
    this.#nursery = nursery;
    this.#backend = backend;
    this.#queue = queue;
    this.#crossing = crossing;
    this.#functions = functions;
  }

  /** Called by the engine, in any context. */
  readonly run = (delivery: EngineDelivery): Promise<EngineDisposition> => {
    this.#unanswered++;
    return new Promise<EngineDisposition>((resolve) => {
      const work = async (): Promise<void> => {
        try {
          resolve(await this.#execute(delivery));
        } finally {
          if (--this.#unanswered === 0) this.#idle.unparkAll();
        }
      };
      try {
        this.#nursery.startSoon(named(`job ${delivery.id}`, work));
      } catch {
        // The nursery is closed, because this program is ending.
        this.#unanswered--;
        resolve({ kind: 'returned' });
      }
    });
  };

  /** Called by the engine, in any context. */
  readonly cancel = (id: string, token: string, by: CancelledBy): void => {
    let found = false;
    for (const job of this.#running) {
      if (job.delivery.id !== id || job.delivery.token !== token) continue;
      found = true;
      job.ask(by);
    }
    if (found) return;
    this.#requests.set(token, by);
    for (const oldest of this.#requests.keys()) {
      if (this.#requests.size <= KEPT_REQUESTS) break;
      this.#requests.delete(oldest);
    }
  };

  /** Called by the engine, in any context. */
  readonly problem = (error: unknown): void => tellProblem(this.#backend, this.#queue, error);

  /** Waits until no job runs. */
  async waitForJobs(): Promise<void> {
    while (this.#unanswered > 0) await this.#idle.park();
  }

  async #execute(delivery: EngineDelivery): Promise<EngineDisposition> {
    const { name, token } = delivery;
    const served = this.#functions.get(name);
    if (served === undefined) return this.#unknown(delivery);
    const request = this.#requests.get(token);
    this.#requests.delete(token);
    if (request !== undefined) return { kind: 'cancelled', by: request };
    const payload = delivery.payload as unknown as JobPayload | null | undefined;
    if (!Array.isArray(payload?.args)) return this.#foreign(delivery);
    const remaining = this.#remaining(payload);
    if (remaining <= 0) return { kind: 'cancelled', by: 'deadline' };
    const scope = new CancelScope({ deadline: currentTime() + remaining });
    const encode = payload.progress === true ? (value: unknown) => this.#encodeProgress(name, value) : undefined;
    const job = new DeliveredJob(delivery, scope, encode);
    this.#running.add(job);
    try {
      return await this.#outcomeOf(job, scope, served, payload);
    } finally {
      this.#running.delete(job);
    }
  }

  async #outcomeOf(
    job: DeliveredJob,
    scope: CancelScope,
    served: ServedFunction,
    payload: JobPayload,
  ): Promise<EngineDisposition> {
    const { name, attempt } = job.delivery;
    try {
      const { codec } = this.#crossing;
      if (payload.context !== undefined) {
        await setCrossing(Object.entries(payload.context).map(([key, stored]) => [key, codec.decode(stored)] as const));
      }
      const args = decodeArguments(payload, this.#crossing);
      currentDelivery.set(job);
      const value = await scope.run(() => call(served, args, job));
      if (scope.cancelledCaught) return { kind: 'cancelled', by: job.askedBy ?? 'deadline' };
      const result = encodeResult(value, this.#crossing, name);
      await job.end();
      return { kind: 'result', payload: result as unknown as Json };
      // oxlint-disable-next-line @tercet/no-swallowed-cancel -- the job's task ends here, and the answer tells the engine
    } catch (error) {
      // This program was cancelled, not the job: another program can run it.
      if (currentEffectiveDeadline() === -Infinity && isOnlyCancelled(error)) return { kind: 'returned' };
      await job.end();
      return { kind: 'failed', payload: encodeFailure(error, attempt), summary: summaryOf(error), final: false };
    }
  }

  /** Milliseconds until the caller's deadline. */
  #remaining({ expires }: JobPayload): number {
    const now = typeof expires === 'number' ? this.#backend.now() : undefined;
    return now === undefined ? Infinity : expires! - now;
  }

  #encodeProgress(name: string, value: unknown): Json | undefined {
    try {
      return value === undefined ? null : this.#crossing.codec.encode(value, `${name}(): the progress`);
    } catch (error) {
      this.problem(error);
      return undefined;
    }
  }

  /** Other programs may put jobs into the queue, which an engine shows and passes on. */
  #foreign({ name, attempt }: EngineDelivery): EngineDisposition {
    const error = new TypeError(
      `job ${name} has no arguments that can be read: it was put into ${this.#queue} by something else than job()`,
    );
    return { kind: 'failed', payload: encodeFailure(error, attempt), summary: summaryOf(error), final: true };
  }

  #unknown({ name, attempt }: EngineDelivery): EngineDisposition {
    const names = [...this.#functions.keys()].join(', ');
    const error = new TypeError(
      `no job ${name} is served by the worker programs of ${this.#queue}; they serve: ${names}`,
    );
    return { kind: 'failed', payload: encodeFailure(error, attempt), summary: summaryOf(error), final: true };
  }
}

function call({ fn, executor }: ServedFunction, args: unknown[], job: DeliveredJob): unknown {
  if (executor === undefined) return fn(...args);
  const workers = executor.with({ onProgress: (value) => job.report(value) });
  return workers.run(fn as RemoteFunction<unknown[], unknown>, ...args);
}
