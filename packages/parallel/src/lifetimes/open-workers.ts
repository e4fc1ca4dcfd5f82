import { ExceptionGroup } from '@tercet/core';
import { currentTask } from '@tercet/core/lowlevel';
import type { Executor } from '../calling/executor.ts';
import { PoolExecutor } from '../calling/pool-executor.ts';
import { Pool } from '../pool/pool.ts';
import { checkOptions } from '../workers/worker-options.ts';
import type { WorkerOptions } from '../workers/worker-options.ts';
import { closePool } from './close-pool.ts';

/**
 * Opens workers, runs `body` with their executor, and ends them: nothing of them is left when this returns.
 *
 * Leaving waits for the jobs that run, also when it is cancelled; then it asks the workers to leave, and kills those that
 * have not left within the grace. Workers are started when they are needed.
 *
 * @returns what `body` returns.
 * @throws what `body` throws.
 * @throws {BrokenWorkerError} when workers had to be killed, or a `retire` function threw; in a group with what `body` threw.
 * @throws {TypeError} when an option has a wrong type. @throws {RangeError} when it has a wrong value.
 * @throws {StateError} outside of a run.
 * @example
 * const zlib = remote<typeof import('node:zlib')>('node:zlib');
 * await openWorkers({ max: 4 }, async (workers) => {
 *   const packed = await workers.map(zlib.deflateSync, ['aaa', 'bbb']);
 * });
 */
export async function openWorkers<R>(
  options: WorkerOptions,
  body: (workers: Executor) => R | PromiseLike<R>,
): Promise<R> {
  const checked = checkOptions(options, 'openWorkers()');
  if (typeof body !== 'function')
    throw new TypeError('openWorkers() takes options and a function that gets the executor');
  currentTask();
  const pool = new Pool(checked);
  let value: R;
  try {
    value = await body(new PoolExecutor(pool));
  } catch (error) {
    const failures = await closePool(pool);
    throw failures.length === 0 ? error : new ExceptionGroup('errors of workers and their body', [error, ...failures]);
  }
  const failures = await closePool(pool);
  if (failures.length > 1) throw new ExceptionGroup('workers were lost', failures);
  if (failures.length === 1) throw failures[0];
  return value;
}
