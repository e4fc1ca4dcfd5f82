import { abandonable, shielded } from '@tercet/core';
import { currentTask } from '@tercet/core/lowlevel';
import { EngineConnection } from './engine-connection.ts';
import { BackendExecutor } from './engine-executor.ts';
import type { EngineExecutor } from './engine-executor.ts';
import { checkEngineOptions } from './engine-options.ts';
import type { EngineOptions } from './engine-options.ts';

/**
 * Connects to a queue of an engine, runs `body` with its executor, and disconnects.
 *
 * Leaving waits for the calls that have not returned, also when it is cancelled. Worker programs, which `serveJobs` makes, are
 * not touched: jobs that have been abandoned may still run.
 *
 * @returns what `body` returns. @throws what `body` throws.
 * @throws {TypeError} when an option has a wrong type, or a package that the engine needs is not installed.
 * @throws {RangeError} when an option has a wrong value.
 * @throws {Error} when the engine cannot be reached: what its client says.
 * @throws {StateError} outside of a run.
 * @example
 * const crypto = remote<typeof import('node:crypto')>('node:crypto');
 * const hash = job(crypto.scryptSync, { name: 'hash', atLeastOnce: 'accepted' });
 * const backend = memoryBackend(); // redisBackend({ url: 'redis://localhost:6379' })
 * // Waits until a program that serves 'hash' has done it.
 * await openEngine({ backend, queue: 'hashes' }, async (engine) => {
 *   console.log(await moveOnAfter(5, () => engine.run(hash, 'password', 'salt', 16)));
 * });
 */
export async function openEngine<R>(
  options: EngineOptions,
  body: (engine: EngineExecutor) => R | PromiseLike<R>,
): Promise<R> {
  const crossing = checkEngineOptions(options, 'openEngine()');
  if (typeof body !== 'function')
    throw new TypeError('openEngine() takes options and a function that gets the executor');
  currentTask();
  const connection = new EngineConnection(options.backend, options.queue, crossing);
  await abandonable(connection.open(), { onLate: () => connection.close() });
  try {
    return await body(new BackendExecutor(connection));
  } finally {
    await shielded(async () => {
      await connection.waitForCalls();
      connection.closed = true;
      await connection.close();
    });
  }
}
