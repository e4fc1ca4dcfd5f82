import type { Clock } from '@tercet/core';
import type {
  CancelledBy,
  EngineDelivery,
  EngineDisposition,
  EngineEvents,
  EngineJobInfo,
  EngineOutcome,
  EngineSubmission,
  EngineWorkerOptions,
  Json,
} from '../engine/engine-backend.ts';
import { MemoryJob } from './memory-job.ts';
import type { TimeKeeper } from './time-keeper.ts';

/** A program that calls jobs. */
export interface MemoryCaller {
  readonly events: EngineEvents;
}

/** A program that runs jobs. */
export interface MemoryWorker {
  readonly options: EngineWorkerOptions;
  /** The jobs that it runs. */
  readonly running: Set<MemoryJob>;
  /** Set when the worker takes no more jobs. */
  stopped: boolean;
  /** Set when the worker counts as dead: its reports and dispositions are ignored. */
  lost: boolean;
}

/** How a queue in memory treats dead workers. */
export interface MemoryQueueSettings {
  /** Milliseconds after which the jobs of a dead worker are run again. */
  readonly lock: number;
  /** The number of dead workers after which a job counts as lost. */
  readonly maxLost: number;
}

/** A queue of jobs in memory. `#jobs` holds every job; `#waiting` holds those that can begin, in their order. */
export class MemoryQueue {
  readonly #clock: Clock;
  readonly #keeper: TimeKeeper;
  readonly #settings: MemoryQueueSettings;
  readonly #jobs = new Map<string, MemoryJob>();
  readonly #waiting: MemoryJob[] = [];
  readonly #workers = new Set<MemoryWorker>();

  constructor(clock: Clock, keeper: TimeKeeper, settings: MemoryQueueSettings) {
    this.#clock = clock;
    this.#keeper = keeper;
    this.#settings = settings;
  }

  submit(caller: MemoryCaller, submission: EngineSubmission): void {
    this.#dropOldResults();
    let job = this.#jobs.get(submission.id);
    if (job === undefined) this.#jobs.set(submission.id, (job = new MemoryJob(submission)));
    else if (job.state !== 'ended') return void job.callers.add(caller);
    else return caller.events.ended(job.id, job.outcome!);
    job.callers.add(caller);
    if (submission.delay === 0) this.#enqueue(job);
    else this.#delay(job, submission.delay);
  }

  leave(caller: MemoryCaller, id: string): void {
    const job = this.#jobs.get(id);
    if (job === undefined || job.state === 'ended') return;
    if ([...job.callers].every((each) => each === caller)) {
      this.#cancel(job, 'caller');
      return;
    }
    job.callers.delete(caller);
    caller.events.ended(id, { kind: 'cancelled', by: 'caller' });
  }

  forget(caller: MemoryCaller, id: string): void {
    this.#jobs.get(id)?.callers.delete(caller);
  }

  cancel(id: string): boolean {
    const job = this.#jobs.get(id);
    if (job === undefined || job.state === 'ended') return false;
    this.#cancel(job, 'other');
    return true;
  }

  list(): EngineJobInfo[] {
    return [...this.#jobs.values()].flatMap(({ id, state, submission: { name }, progress, attempt }) =>
      state === 'ended' ? [] : [{ id, name, state, progress, attempt }],
    );
  }

  leaveAll(caller: MemoryCaller): void {
    for (const job of this.#jobs.values()) job.callers.delete(caller);
  }

  addWorker(worker: MemoryWorker): void {
    this.#workers.add(worker);
    this.#dispatch();
  }

  removeWorker(worker: MemoryWorker): void {
    this.#workers.delete(worker);
  }

  /** Makes all workers count as dead. Their jobs run again after the lock time. */
  loseWorkers(): void {
    const lost = [...this.#workers];
    this.#workers.clear();
    for (const worker of lost) {
      worker.lost = true;
      this.#keeper.callAt(this.#clock.now() + this.#settings.lock, () => {
        for (const job of worker.running) this.#lost(job);
      });
    }
  }

  report(worker: MemoryWorker, job: MemoryJob, payload: Json): void {
    if (worker.lost || job.state !== 'running') return;
    job.progress = payload;
    for (const { events } of job.callers) events.progress(job.id, payload);
  }

  /** Takes the answer of a worker to a job. */
  dispose(worker: MemoryWorker, job: MemoryJob, disposition: EngineDisposition): void {
    if (worker.lost) return;
    worker.running.delete(job);
    this.#settle(job, disposition);
    this.#dispatch();
  }

  #settle(job: MemoryJob, disposition: EngineDisposition): void {
    const { attempts, backoff } = job.submission;
    switch (disposition.kind) {
      case 'returned':
        this.#waiting.unshift(job);
        job.state = 'waiting';
        return;
      case 'failed':
        if (disposition.final || job.attempt >= attempts) {
          this.#end(job, { kind: 'failed', payload: disposition.payload });
          return;
        }
        this.#delay(job, backoff * 2 ** (job.attempt - 1));
        job.attempt++;
        return;
      case 'result':
      case 'cancelled':
        this.#end(job, disposition);
    }
  }

  #lost(job: MemoryJob): void {
    if (++job.timesLost > this.#settings.maxLost) this.#end(job, { kind: 'lost', times: job.timesLost });
    else this.#enqueue(job);
  }

  #enqueue(job: MemoryJob): void {
    job.state = 'waiting';
    this.#waiting.push(job);
    this.#dispatch();
  }

  #delay(job: MemoryJob, milliseconds: number): void {
    job.state = 'delayed';
    job.due = this.#clock.now() + milliseconds;
    this.#keeper.callAt(job.due, () => {
      if (job.state === 'delayed') this.#enqueue(job);
    });
  }

  #cancel(job: MemoryJob, by: CancelledBy): void {
    if (job.state === 'running') {
      const { id, token } = job.submission;
      for (const { running, options } of this.#workers) if (running.has(job)) options.cancel(id, token, by);
      return;
    }
    const index = this.#waiting.indexOf(job);
    if (index >= 0) this.#waiting.splice(index, 1);
    this.#end(job, { kind: 'cancelled', by });
  }

  #end(job: MemoryJob, outcome: EngineOutcome): void {
    job.state = 'ended';
    job.outcome = outcome;
    job.keptUntil = this.#clock.now() + job.submission.keepResult;
    const callers = [...job.callers];
    job.callers.clear();
    // Only a result is kept: a job that has failed or was cancelled runs again when its id is submitted again.
    if (outcome.kind !== 'result') this.#jobs.delete(job.id);
    for (const { events } of callers) events.ended(job.id, outcome);
  }

  #dropOldResults(): void {
    const now = this.#clock.now();
    for (const [id, job] of this.#jobs) if (job.state === 'ended' && job.keptUntil <= now) this.#jobs.delete(id);
  }

  /** Hands waiting jobs to workers that have room, in turn. */
  #dispatch(): void {
    for (let worker = this.#free(); worker !== undefined && this.#waiting.length > 0; worker = this.#free()) {
      this.#begin(worker, this.#waiting.shift()!);
    }
  }

  #free(): MemoryWorker | undefined {
    const free = [...this.#workers].find(
      ({ stopped, running, options }) => !stopped && running.size < options.concurrency,
    );
    if (free !== undefined) {
      // Workers take turns: this one moves to the end.
      this.#workers.delete(free);
      this.#workers.add(free);
    }
    return free;
  }

  #begin(worker: MemoryWorker, job: MemoryJob): void {
    worker.running.add(job);
    job.state = 'running';
    const { id, token, name, payload, attempts } = job.submission;
    const report = (progress: Json): Promise<void> => Promise.resolve(this.report(worker, job, progress));
    const delivery: EngineDelivery = { id, token, name, payload, attempt: job.attempt, attempts, report };
    void worker.options.run(delivery).then((disposition) => this.dispose(worker, job, disposition));
  }
}
