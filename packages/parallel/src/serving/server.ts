import { restoreBuffers } from '../boundary/payload.ts';
import { LENGTH_TO_WORKER, ToWorker } from '../protocol/messages.ts';
import type { CallExtra, FunctionName, ItemsEnd, LeavingReason, StartConfig } from '../protocol/messages.ts';
import type { SharedClaims } from '../protocol/shared-claims.ts';
import { Answers } from './answers.ts';
import { isCancelled } from './cancel-requested-error.ts';
import { isThenable, Job } from './job.ts';
import type { JobServer, Outcome } from './job.ts';
import { JobFunction } from './job-function.ts';
import { captureOutput } from './output.ts';
import type { Parent } from './parent.ts';
import { watchParent } from './watch-parent.ts';
import { workerState } from './worker-state.ts';
import type { TaskHost } from './task-host.ts';

/** Milliseconds that jobs may run one after the other before messages are looked at. */
const TURN = 2;
/** Milliseconds after which results are sent before the next job begins. */
const HELD_BACK = 1;
/** Number of quick jobs that are noted as begun with one write. */
const NOTED_AHEAD = 16;

const NO_EXTRA: CallExtra = {};

/** Core has been loaded into this worker. */
function hasCore(): boolean {
  return (globalThis as Record<symbol, unknown>)[Symbol.for('@tercet/core/shared@1')] !== undefined;
}

/**
 * The program of a worker. It takes calls, runs one job at a time, in the order in which they came, and answers.
 *
 * A function that only computes is called at once, and nothing of Tercet is loaded for it. What can wait runs in a task of a
 * run of the worker's own (`TaskHost`), which is loaded when the first such job comes; from then on every job runs in a task.
 */
export class Server implements JobServer {
  readonly #parent: Parent;
  readonly #answers: Answers;
  readonly #functions: JobFunction[] = [];
  readonly #queue: Job[] = [];
  /** The job that has begun and not ended. */
  #running: Job | undefined = undefined;
  #config: StartConfig | undefined = undefined;
  #retire: JobFunction | undefined = undefined;
  #host: TaskHost | undefined = undefined;
  #leaving = false;
  /** A job has kept this process from reading messages: there may be several. */
  #wasBlocked = false;
  #notedUpTo = 0;

  constructor(parent: Parent) {
    this.#parent = parent;
    this.#answers = new Answers(parent, () => this.#running);
    parent.listen((batch) => this.#take(batch));
    // A job that ends the worker must not take the answers of others with it.
    process.on('exit', () => this.#answers.flush());
  }

  get shared(): SharedClaims | undefined {
    return this.#parent.shared;
  }

  #take(batch: unknown[]): void {
    for (let at = 0; at < batch.length; at += LENGTH_TO_WORKER[batch[at] as number]!) this.#takeRecord(batch, at);
    if (this.#wasBlocked) this.#workLater();
    else this.#work();
  }

  #takeRecord(batch: unknown[], at: number): void {
    const sequence = batch[at + 1] as number;
    switch (batch[at]) {
      case ToWorker.start:
        void this.#start(batch[at + 1] as StartConfig);
        break;
      case ToWorker.define:
        this.#functions[sequence] = new JobFunction(batch[at + 2] as string, batch[at + 3] as string);
        break;
      case ToWorker.call:
        this.#takeCall(sequence, batch[at + 2] as number, batch[at + 3] as unknown[], batch[at + 4]);
        break;
      case ToWorker.cancel:
        if (this.#running?.sequence === sequence) this.#running.ask();
        else this.#withdraw(sequence);
        break;
      case ToWorker.withdraw:
        this.#withdraw(sequence);
        break;
      case ToWorker.credit:
        if (this.#running?.sequence === sequence) this.#running.takeCredit?.(batch[at + 2] as number);
        break;
      case ToWorker.items:
        if (this.#running?.sequence === sequence) {
          const [argument, items, end] = batch.slice(at + 2) as [number, unknown[], ItemsEnd];
          this.#running.takeItems?.(argument, items, end);
        }
        break;
      default:
        this.#leave();
    }
  }

  #takeCall(sequence: number, fn: number, args: unknown[], extra: unknown): void {
    const details = (extra as CallExtra | undefined) ?? NO_EXTRA;
    const { buffers } = details;
    const restored = buffers === undefined ? args : (restoreBuffers(args, buffers) as unknown[]);
    this.#queue.push(new Job(this, sequence, this.#functions[fn]!, restored, details));
  }

  #withdraw(sequence: number): void {
    const index = this.#queue.findIndex((job) => job.sequence === sequence);
    if (index < 0) return;
    this.#queue.splice(index, 1);
    this.#answers.withdrawn(sequence);
  }

  async #start(config: StartConfig): Promise<void> {
    this.#config = config;
    workerState.info = { id: config.id, kind: config.kind, name: config.name, jobs: 0 };
    captureOutput(config, (descriptor, data) => this.#answers.output(descriptor, data));
    // Their modules run before the first job, and may block as long as one. Without them, a worker is ready sooner.
    const runsHooks = config.init !== undefined || config.retire !== undefined;
    if (config.kind === 'process' && runsHooks) watchParent(config.parentPid);
    try {
      if (config.retire !== undefined) this.#retire = await loaded(config.retire);
      if (config.init !== undefined) await this.#callHook(await loaded(config.init));
    } catch (error) {
      this.#leave('start failed', error);
      return;
    }
    this.#answers.ready();
    if (config.kind === 'process' && !runsHooks) setImmediate(watchParent, config.parentPid);
  }

  async #callHook(hook: JobFunction): Promise<unknown> {
    if (hook.kind === 'async' || hasCore()) return (await this.#takeHost()).call(hook.fn!);
    return hook.fn!();
  }

  /** Sends the remaining answers, and ends this worker. */
  #leave(reason?: LeavingReason, error?: unknown): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#queue.length = 0;
    if (reason !== undefined) this.#answers.leaving(reason, error);
    this.#answers.flush();
    this.#parent.exit();
  }

  readonly #work = (): void => {
    if (this.#running !== undefined || this.#leaving || this.#config === undefined) return;
    const end = performance.now() + TURN;
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      if (!this.#begin(job)) continue;
      if (!job.fn.isQuick || job.begun - this.#answers.lastFlush > HELD_BACK) this.#answers.flush();
      if (job.fn.fn === undefined || job.needsTask || hasCore()) {
        this.#answers.flushSoon();
        if (job.fn.fn !== undefined && this.#host !== undefined) this.#host.submit(job);
        else void this.#runApart(job);
        return;
      }
      if (!this.#runHere(job)) return;
      if (this.#leaving) return;
      if (this.#queue.length > 0 && performance.now() > end) {
        this.#workLater();
        break;
      }
    }
    this.#answers.flush();
  };

  // Messages may have come meanwhile, which take back what has not begun. They are read between two of these.
  #workLater(): void {
    this.#wasBlocked = false;
    setImmediate(() => setImmediate(this.#work));
  }

  /** @returns false when the parent has taken it back. */
  #begin(job: Job): boolean {
    const { shared, noted } = this.#parent;
    if (shared?.begin(job.sequence) === false) return false;
    if (noted !== undefined && job.sequence > this.#notedUpTo) {
      this.#notedUpTo = job.sequence + (job.fn.isQuick ? NOTED_AHEAD : 0);
      noted.begin(this.#notedUpTo);
    }
    job.begun = performance.now();
    this.#running = workerState.job = job;
    workerState.info!.jobs++;
    return true;
  }

  /** Runs a job that only computes. @returns false when it turned out to wait for something. */
  #runHere(job: Job): boolean {
    let value: unknown;
    try {
      value = job.call();
    } catch (error) {
      this.#ended(job, failure(job, error));
      return true;
    }
    if (isThenable(value)) {
      this.#answers.flush();
      void this.#await(job, value);
      return false;
    }
    this.#ended(job, { kind: 'result', value });
    return true;
  }

  async #await(job: Job, value: PromiseLike<unknown>): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = { kind: 'result', value: await value };
    } catch (error) {
      outcome = failure(job, error);
    }
    this.finish(job, outcome);
  }

  async #runApart(job: Job): Promise<void> {
    try {
      await job.fn.load();
      if (job.needsTask || hasCore()) {
        const host = await this.#takeHost();
        host.submit(job);
        return;
      }
    } catch (error) {
      this.finish(job, { kind: 'failed', error });
      return;
    }
    if (this.#runHere(job)) this.#next();
  }

  async #takeHost(): Promise<TaskHost> {
    if (this.#host === undefined) {
      const { openTaskHost } = await import('./task-host.ts');
      this.#host = await openTaskHost();
    }
    return this.#host;
  }

  finish(job: Job, outcome: Outcome): void {
    this.#ended(job, outcome);
    this.#next();
  }

  #next(): void {
    if (this.#leaving) return;
    if (this.#queue.length === 0) {
      this.#answers.flush();
    } else if (performance.now() - this.#answers.lastFlush > TURN) {
      this.#answers.flush();
      this.#workLater();
    } else {
      // In a separate microtask, so that the next job does not run below the one that has ended on the stack.
      queueMicrotask(this.#work);
    }
  }

  #ended(job: Job, outcome: Outcome): void {
    const microseconds = (performance.now() - job.begun) * 1000;
    job.fn.took(microseconds);
    if (this.#parent.noted !== undefined && microseconds > TURN * 1000) this.#wasBlocked = true;
    this.#answers.ended(job, outcome, microseconds);
    this.#running = workerState.job = undefined;
    this.#considerLeaving();
  }

  #considerLeaving(): void {
    const hook = this.#retire;
    const maxHeap = this.#config?.maxHeap;
    if (hook !== undefined) {
      try {
        if (hook.fn!() === true) this.#leave('retire');
      } catch (error) {
        this.#leave('retire failed', error);
      }
    }
    if (maxHeap !== undefined && process.memoryUsage().heapUsed > maxHeap) this.#leave('heap');
  }

  report(job: Job, value: unknown): void {
    this.#answers.progress(job, value);
  }

  sendItems(job: Job, items: unknown[]): void {
    this.#answers.items(job, items);
  }

  pull(job: Job, argument: number, count: number): void {
    this.#answers.pull(job, argument, count);
  }
}

function failure(job: Job, error: unknown): Outcome {
  return isCancelled(error) && job.isAsked() ? { kind: 'cancelled' } : { kind: 'failed', error };
}

async function loaded({ module, name }: FunctionName): Promise<JobFunction> {
  const fn = new JobFunction(module, name);
  await fn.load();
  return fn;
}
