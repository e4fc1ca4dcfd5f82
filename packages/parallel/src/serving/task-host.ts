import { CancelScope, currentTime, openNursery, run } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import { monotonicNow } from '../protocol/monotonic-now.ts';
import { setCrossing } from './crossing.ts';
import { iterableArguments } from './iterable-argument.ts';
import type { Job, Outcome } from './job.ts';
import { sendItemsOf } from './generator-items.ts';

type Work = () => Promise<void>;

/**
 * The run of a worker, for jobs that can wait. Each job is a task of its one nursery, with a scope that its caller's
 * cancellation cancels. One task takes all work from an inbox, which is faster than to enter the run with each message.
 */
export class TaskHost {
  readonly #inbox: Work[] = [];
  #waker: Waker<void> | undefined = undefined;

  /** Takes work until the worker ends. */
  async serve(nursery: Nursery): Promise<never> {
    for (;;) {
      for (let work = this.#inbox.shift(); work !== undefined; work = this.#inbox.shift()) nursery.startSoon(work);
      await suspend<void>('jobs', (waker) => {
        this.#waker = waker;
        return () => 'succeeded';
      });
    }
  }

  #start(work: Work): void {
    this.#inbox.push(work);
    const waker = this.#waker;
    this.#waker = undefined;
    waker?.wake();
  }

  /** Runs a job, and tells its server how it ended. */
  submit(job: Job): void {
    this.#start(async () => job.server.finish(job, await execute(job)));
  }

  /** Calls a function in a task. */
  call(fn: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#start(async () => {
        try {
          resolve(await fn());
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }
}

/** Begins the run of this worker. */
export function openTaskHost(): Promise<TaskHost> {
  return new Promise((resolve, reject) => {
    const host = new TaskHost();
    run(
      () =>
        openNursery((nursery) => {
          resolve(host);
          return host.serve(nursery);
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
    // oxlint-disable-next-line @tercet/no-swallowed-cancel -- the task ends here, and the caller is told
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
