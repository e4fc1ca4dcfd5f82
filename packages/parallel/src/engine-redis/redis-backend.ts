import { currentClock, inRun, SystemClock } from '@tercet/core/lowlevel';
import type {
  EngineBackend,
  EngineCaller,
  EngineEvents,
  EngineWorker,
  EngineWorkerOptions,
} from '../engine/engine-backend.ts';
import { loadPackages } from './load-packages.ts';
import { RedisCaller } from './redis-caller.ts';
import { checkRedisOptions } from './redis-options.ts';
import type { CheckedRedisOptions, RedisBackendOptions } from './redis-options.ts';
import { RedisWorker } from './redis-worker.ts';

/**
 * Jobs in Redis or Valkey, by BullMQ: other programs of BullMQ can see and serve the same queues. Nothing is connected before
 * `openEngine` or `serveJobs` uses it.
 *
 * It needs the packages `bullmq` and `ioredis`, which are loaded then.
 *
 * @throws {TypeError} when an option has a wrong type. @throws {RangeError} when it has a wrong value.
 * @example
 * const backend = redisBackend({ url: 'redis://localhost:6379', connectTimeout: { seconds: 2 } });
 * console.log(backend.name); // 'redis'; openEngine() and serveJobs() connect
 */
export function redisBackend(options: RedisBackendOptions = {}): EngineBackend {
  return new RedisBackend(checkRedisOptions(options));
}

class RedisBackend implements EngineBackend {
  readonly name = 'redis';
  readonly #settings: CheckedRedisOptions;

  constructor(settings: CheckedRedisOptions) {
    this.#settings = settings;
  }

  // The clocks of machines differ by some milliseconds, where they are kept at all.
  now(): number | undefined {
    return inRun() && !(currentClock() instanceof SystemClock) ? undefined : Date.now();
  }

  async openCaller(queue: string, events: EngineEvents): Promise<EngineCaller> {
    return RedisCaller.open(await loadPackages(), queue, this.#settings, events);
  }

  async openWorker(queue: string, options: EngineWorkerOptions): Promise<EngineWorker> {
    return RedisWorker.open(await loadPackages(), queue, this.#settings, options);
  }
}
