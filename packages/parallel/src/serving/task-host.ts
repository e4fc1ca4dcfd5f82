import { AsyncLocalStorage } from 'node:async_hooks';
import { CancelScope, currentTime, openNursery, run } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { suspend } from '@tercet/core/lowlevel';
import { monotonicNow } from '../protocol/monotonic-now.ts';
import { setCrossing } from './crossing.ts';
import { iterableArguments } from './iterable-argument.ts';
import type { Job, Outcome } from './job.ts';
import { sendItemsOf } from './generator-items.ts';

/**
 * The run of a worker, for jobs that can wait. Each job is a task of its one nursery, with a scope that its caller's
 * cancellation cancels.
 *
 * Messages come from outside of the run, and the end of a job from inside of another one. Tasks begin in microtasks in any
 * case, so all that a new one needs is the async context of the nursery: it must not inherit the values of the job before it.
 * A task that takes jobs from an inbox was tried, and cost two more turns for each job (benchmark `parallel`).
 */
export class TaskHost {
  readonly #nursery: Nursery;
  readonly #inContext = AsyncLocalStorage.snapshot();

  /** To be made in the body of the nursery. */
  constructor(nursery: Nursery) {
    this.#nursery = nursery;
  }

  /** Runs a job, and passes the outcome to its server. */
  submit(job: Job): void {
    this.#inContext(startSoon, this.#nursery, serve, job);
  }

  /** Calls a function in a task. */
  call(fn: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const work = async (): Promise<void> => {
        try {
          resolve(await fn());
        } catch (error) {
          reject(error as Error);
        }
      };
      this.#inContext(startSoon, this.#nursery, work, undefined);
    });
  }
}

function startSoon<T>(nursery: Nursery, work: (argument: T) => Promise<void>, argument: T): void {
  nursery.startSoon(work, argument);
}

async function serve(job: Job): Promise<void> {
  job.server.finish(job, await execute(job));
}

/** Begins the run of this worker, which ends with the worker. */
export function openTaskHost(): Promise<TaskHost> {
  return new Promise((resolve, reject) => {
    run(
      () =>
        openNursery((nursery) => {
          resolve(new TaskHost(nursery));
          return suspend<never>('jobs', () => () => 'succeeded');
        }),
      { name: 'worker' },
    ).catch((error: unknown) => {
      reject(error as Error);
      // Nothing can be served any more: an error outside of any job, which breaks the worker.
      queueMicrotask(() => {
        throw error;
      });
    });
  });
}

async function execute(job: Job): Promise<Outcome> {
  try {
    if (job.extra.context !== undefined) await setCrossing(job.extra.context);
    const scope = scopeOf(job);
    const value = await scope.run(() => body(job));
    return scope.cancelledCaught ? { kind: 'cancelled' } : { kind: 'result', value };
    // oxlint-disable-next-line @tercet/no-swallowed-cancel -- the job's task ends here, and the outcome goes to the caller
  } catch (error) {
    return { kind: 'failed', error };
  } finally {
    job.cancel = undefined;
  }
}

function scopeOf(job: Job): CancelScope {
  const { deadline } = job.extra;
  const scope = deadline === undefined ? new CancelScope() : new CancelScope({ deadline: here(deadline) });
  job.cancel = () => scope.cancel('the caller has been cancelled');
  if (job.asked) job.cancel();
  return scope;
}

/** An instant of the machine's clock on that of this run. The two are read in this order for the same reason as in the caller. */
function here(deadline: number): number {
  const left = deadline - monotonicNow();
  return currentTime() + left;
}

function body(job: Job): unknown {
  const { window, iterables } = job.extra;
  if (iterables !== undefined) return withIterables(job, iterables);
  if (window !== undefined) return sendItemsOf(job, window);
  if (job.fn.kind === 'generator') throw generatorCalled(job);
  return job.call();
}

async function withIterables(job: Job, indexes: readonly number[]): Promise<unknown> {
  const closeAll = iterableArguments(job, indexes);
  try {
    if (job.extra.window !== undefined) return await sendItemsOf(job, job.extra.window);
    if (job.fn.kind === 'generator') throw generatorCalled(job);
    return await job.call();
  } finally {
    closeAll();
  }
}

function generatorCalled({ fn }: Job): TypeError {
  return new TypeError(`${fn.name} is a generator function; take its items with stream(), not its value with run()`);
}
