import {
  ClosedResourceError,
  currentEffectiveDeadline,
  currentTime,
  isCancelled,
  moveOnAfter,
  shielded,
  sleep,
  sleepUntil,
} from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { inspectAs, rejectIfCancelled } from '@tercet/core/lowlevel';
import { holding } from '../calling/holding.ts';
import type { MapOptions } from '../calling/executor.ts';
import { mapItems } from '../calling/map-items.ts';
import { ProgressTeller } from '../calling/progress-teller.ts';
import { runBeside } from '../calling/run-beside.ts';
import { BrokenWorkerError } from '../workers/broken-worker-error.ts';
import type { EngineJobInfo } from './engine-backend.ts';
import type { EngineConnection } from './engine-connection.ts';
import { idOf, jobOf } from './engine-job.ts';
import type { CheckedJob, EngineJob } from './engine-job.ts';
import { changeEngineCallOptions, DEFAULT_CALL_OPTIONS } from './engine-options.ts';
import type { CheckedEngineCallOptions, EngineCallOptions } from './engine-options.ts';
import { decodeFailure, withJob } from './failure.ts';
import { JobCancelledError } from './job-cancelled-error.ts';
import { decodeResult, encodeCall } from './job-payload.ts';
import type { CallEnd, WaitingCall } from './waiting-call.ts';

/** Calls jobs that worker programs run, on this machine or others. `openEngine` opens one. */
export interface EngineExecutor {
  /**
   * Calls a job, and waits for its result. An operation of the calling task: a checkpoint.
   *
   * A caller that is cancelled asks for the end of its job. When no other caller waits for it, the job is taken out of the queue,
   * or its scope is cancelled where it runs; the caller goes on when it has ended, and a result that was under way is kept. When
   * no answer has come within the grace, the caller gets a `Cancelled` whose `abandoned` is true: the job may still run.
   *
   * @returns what the function returns.
   * @throws what the function throws in its last attempt, with `attempts` and `jobId`, its stack and the place of the call.
   * @throws {Cancelled} when the surrounding scope is cancelled.
   * @throws {JobCancelledError} when the job was cancelled by its id.
   * @throws {BrokenWorkerError} when too many worker programs have died while they ran it.
   * @throws {TypeError} when an argument or the result cannot cross, or `job` was not made by `job()`.
   * @throws {RangeError} when they are larger than `maxSize`.
   * @throws {ClosedResourceError} when the engine has been closed.
   * @example
   * const invoice = await engine.run(makeInvoice, order);
   */
  run<A extends unknown[], R>(job: EngineJob<A, R>, ...args: A): Promise<Awaited<R>>;
  /**
   * Calls a job for each item, several at a time.
   *
   * @returns the results, in the order of the items.
   * @throws {ExceptionGroup} when one fails: the others are cancelled.
   * @example
   * const invoices = await engine.map(makeInvoice, orders, { concurrency: 50 });
   */
  map<I, R>(
    job: EngineJob<[I], R>,
    items: Iterable<I> | AsyncIterable<I>,
    options?: Pick<MapOptions, 'concurrency' | 'ordered'>,
  ): Promise<Awaited<R>[]>;
  /** The same engine, called with other options; free. */
  with(options: EngineCallOptions): EngineExecutor;
  /**
   * Lists the jobs of the queue that have not ended, including those of other programs.
   *
   * A checkpoint. When it is cancelled, nothing has changed.
   */
  jobs(): Promise<EngineJobInfo[]>;
  /**
   * Cancels a job by its id, for all its callers: they get a `JobCancelledError`. Resolves when the job has been asked to end.
   *
   * A checkpoint. When it is cancelled, the job may be cancelled or not.
   *
   * @returns false when no such job waits or runs.
   */
  cancel(jobId: string): Promise<boolean>;
}

/** Default number of items of `map` that are in work at a time. */
const CONCURRENCY = 16;

/** Milliseconds between two requests to end a job. */
const ASK_AGAIN = 500;

/** Tolerated difference between the clocks of two programs, in milliseconds. */
const ABOUT_NOW = 100;

export class BackendExecutor implements EngineExecutor {
  static {
    inspectAs(this, (executor) => {
      const { backend, queue, waiting } = executor.#connection;
      return `EngineExecutor, ${backend.name} queue ${queue}: ${waiting} calls`;
    });
  }

  readonly #connection: EngineConnection;
  readonly #options: CheckedEngineCallOptions;

  constructor(connection: EngineConnection, options: CheckedEngineCallOptions = DEFAULT_CALL_OPTIONS) {
    this.#connection = connection;
    this.#options = options;
  }

  async run<A extends unknown[], R>(job: EngineJob<A, R>, ...args: A): Promise<Awaited<R>> {
    return (await this.#perform('run()', jobOf(job, 'run()'), args)) as Awaited<R>;
  }

  async map<I, R>(
    job: EngineJob<[I], R>,
    items: Iterable<I> | AsyncIterable<I>,
    options: Pick<MapOptions, 'concurrency' | 'ordered'> = {},
  ): Promise<Awaited<R>[]> {
    const checked = jobOf(job, 'map()');
    const call = async (batch: I[]): Promise<Awaited<R>[]> => [
      (await this.#perform('map()', checked, batch)) as Awaited<R>,
    ];
    await this.#refuse('map()');
    const { concurrency, ordered } = options;
    const chosen = {
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(ordered === undefined ? {} : { ordered }),
    };
    return mapItems({ name: checked.name, items, options: chosen, calls: CONCURRENCY, call });
  }

  with(options: EngineCallOptions): EngineExecutor {
    return new BackendExecutor(this.#connection, changeEngineCallOptions(this.#options, options));
  }

  async jobs(): Promise<EngineJobInfo[]> {
    await this.#refuse('jobs()');
    return this.#connection.ask((caller) => caller.list());
  }

  async cancel(jobId: string): Promise<boolean> {
    await this.#refuse('cancel()');
    return this.#connection.ask((caller) => caller.cancel(jobId));
  }

  #refuse(operation: string): Promise<never> | undefined {
    const refused = rejectIfCancelled(operation);
    if (refused !== undefined || !this.#connection.closed) return refused;
    throw new ClosedResourceError(`${operation}: the engine has been closed; openEngine() has been left`);
  }

  async #perform(operation: string, job: CheckedJob, args: unknown[]): Promise<unknown> {
    await this.#refuse(operation);
    const { limiter } = this.#options;
    if (limiter === undefined) return this.#call(operation, job, args);
    return holding(limiter, async () => {
      await this.#refuse(operation);
      return this.#call(operation, job, args);
    });
  }

  async #call(operation: string, job: CheckedJob, args: unknown[]): Promise<unknown> {
    const { onProgress } = this.#options;
    const id = idOf(job, args);
    if (onProgress === undefined) return this.#submit(operation, id, job, args, undefined);
    const teller = new ProgressTeller(onProgress);
    const companion = {
      start: (nursery: Nursery) => teller.start(nursery, job.name),
      tellLatest: () => teller.tellLatest(),
    };
    return runBeside(companion, () => this.#submit(operation, id, job, args, teller));
  }

  async #submit(
    operation: string,
    id: string,
    job: CheckedJob,
    args: unknown[],
    teller: ProgressTeller | undefined,
  ): Promise<unknown> {
    const connection = this.#connection;
    const { codec } = connection.crossing;
    let { onAccepted } = this.#options;
    for (;;) {
      const payload = encodeCall(args, connection.crossing, connection.backend, this.#options, job.name);
      const call = connection.submit(id, job, payload);
      if (teller !== undefined) call.progress = (stored) => teller.take(codec.decode(stored));
      call.accepted = () => {
        const accepted = onAccepted;
        // A job that is submitted again has been accepted before.
        onAccepted = undefined;
        accepted?.(id);
      };
      let end: CallEnd;
      try {
        end = await this.#waitFor(call);
      } finally {
        connection.forget(call);
      }
      if (!(await isToBeRepeated(end))) return this.#settle(operation, end, call);
    }
  }

  /** Waits until a call has ended. */
  async #waitFor(call: WaitingCall): Promise<CallEnd> {
    if (this.#options.onCancel === 'wait') return shielded(() => call.wait());
    try {
      return await call.wait();
    } catch (error) {
      if (!isCancelled(error)) throw error;
      const { onCancel } = this.#options;
      const end = onCancel === 'abandon' ? undefined : await shielded(() => this.#leave(call));
      if (end !== undefined && end.kind !== 'cancelled') return end;
      if (end === undefined) (error as { abandoned?: boolean }).abandoned = true;
      throw error;
    }
  }

  /** Leaves a job whose caller was cancelled. @returns the job's end, or `undefined` if that takes longer than the grace. */
  #leave(call: WaitingCall): Promise<CallEnd | undefined> {
    return moveOnAfter(this.#options.grace, async () => {
      for (;;) {
        this.#connection.leave(call);
        // A request is lost when the connection of this program or of the worker program breaks.
        const end = await moveOnAfter(ASK_AGAIN, () => call.wait());
        if (end !== undefined) return end;
      }
    });
  }

  #settle(operation: string, end: CallEnd, call: WaitingCall): unknown {
    switch (end.kind) {
      case 'result':
        return decodeResult(end.payload, this.#connection.crossing);
      case 'failed':
        throw decodeFailure(end.payload, call.id);
      case 'refused':
        throw end.error;
      case 'lost':
        throw withJob(lostError(call, end.times), call.id, end.times);
      case 'cancelled':
        throw new JobCancelledError(
          `${operation} of ${call.name}: the job ${call.id} was cancelled by its id`,
          call.id,
        );
    }
  }
}

/**
 * Returns true when the cancellation or the deadline of another caller has ended a job that this caller still needs. The deadline
 * may also be this caller's, reached earlier on the clock of the worker program: then this waits until it is reached here.
 */
async function isToBeRepeated(end: CallEnd): Promise<boolean> {
  if (end.kind !== 'cancelled' || end.by === 'other') return false;
  if (end.by === 'caller') return true;
  const deadline = currentEffectiveDeadline();
  if (deadline - currentTime() < ABOUT_NOW) await sleepUntil(deadline);
  // If the clock of the worker program is ahead, it would end the next submission at once as well: this limits the rate.
  await sleep(ABOUT_NOW);
  return true;
}

function lostError({ id, name }: WaitingCall, times: number): BrokenWorkerError {
  return new BrokenWorkerError(
    `${times} worker programs have died while they ran the job ${id}; it is not tried again`,
    {
      worker: `a worker program for ${name}`,
      exitCode: null,
      signal: null,
      started: true,
      reason: 'exit',
    },
  );
}
