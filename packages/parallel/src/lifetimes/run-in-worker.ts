import { TreeVar } from '@tercet/core/lowlevel';
import type { Executor } from '../calling/executor.ts';
import type { RemoteFunction } from '../naming/remote-function.ts';
import { referenceOf } from '../naming/remote-function.ts';
import type { WorkerOptions } from '../workers/worker-options.ts';
import { defaultExecutor } from './default-workers.ts';
import { openWorkers } from './open-workers.ts';

const around = new TreeVar<Executor | undefined>('workers', { default: undefined });

/**
 * Calls a function in a worker: of the nearest `withWorkers` around the task, or a default one. See `Executor.run`.
 *
 * A checkpoint; the caller goes on when the job has ended. Jobs that take less than a millisecond hardly pay.
 *
 * @returns what the function returns.
 * @throws what the function throws, and what `Executor.run` throws.
 * @throws {StateError} outside of a run, and inside of a worker where no `withWorkers` is around it.
 * @example
 * const crypto = remote<typeof import('node:crypto')>('node:crypto');
 * const key = await runInWorker(crypto.scryptSync, 'password', 'salt', 32);
 */
export async function runInWorker<A extends unknown[], R>(fn: RemoteFunction<A, R>, ...args: A): Promise<Awaited<R>> {
  referenceOf(fn, 'runInWorker()');
  return (around.get() ?? defaultExecutor()).run(fn, ...args);
}

/**
 * Opens workers for all calls of `runInWorker` in `body`, and in all tasks of nurseries that are opened in it: a task belongs
 * to the tree below its nursery, whoever started it. It nests; executors that are used by name are not touched.
 *
 * @returns what `body` returns.
 * @throws what `openWorkers` throws.
 * @example
 * await withWorkers({ kind: 'process', max: 2 }, () => importEverything());
 */
export async function withWorkers<R>(options: WorkerOptions, body: () => R | PromiseLike<R>): Promise<R> {
  if (typeof body !== 'function') throw new TypeError('withWorkers() takes options and a function');
  return openWorkers(options, (workers) => around.run(workers, body));
}
