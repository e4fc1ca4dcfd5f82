import type * as Bull from 'bullmq';
import type * as IORedis from 'ioredis';

/** The packages that stand between this one and Redis. Both are optional: they are loaded when the first queue is opened. */
export interface RedisPackages {
  readonly bullmq: typeof Bull;
  readonly Redis: typeof IORedis.Redis;
}

/** @throws {TypeError} when they are not installed: says what to do. */
export async function loadPackages(): Promise<RedisPackages> {
  const [bullmq, ioredis] = await Promise.all([
    load('bullmq', () => import('bullmq')),
    load('ioredis', () => import('ioredis')),
  ]);
  return { bullmq, Redis: ioredis.Redis };
}

/** @param importIt imports the package. */
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
