import type * as Bull from 'bullmq';
import type * as IORedis from 'ioredis';

/** The optional packages for Redis. They are loaded when the first queue is opened. */
export interface RedisPackages {
  readonly bullmq: typeof Bull;
  readonly Redis: typeof IORedis.Redis;
}

/** @throws {TypeError} when one is not installed; the message says how to install it. */
export async function loadPackages(): Promise<RedisPackages> {
  const [bullmq, ioredis] = await Promise.all([
    load('bullmq', () => import('bullmq')),
    load('ioredis', () => import('ioredis')),
  ]);
  return { bullmq, Redis: ioredis.Redis };
}

/** Imports a package with `importIt`, and explains the error when it is missing. */
export async function load<T>(name: string, importIt: () => Promise<T>): Promise<T> {
  try {
    return await importIt();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new TypeError(
      `redisBackend() needs the package ${name}, which is not installed; run: npm install bullmq ioredis`,
      { cause },
    );
  }
}
