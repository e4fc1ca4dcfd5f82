import type { Duration } from '@tercet/core';
import { toMilliseconds } from '@tercet/core/lowlevel';
import { count } from '../workers/worker-options.ts';

/**
 * For `redisBackend`.
 *
 * @example
 * const options: RedisBackendOptions = {
 *   url: 'redis://localhost:6379',
 *   prefix: 'shop',
 *   lock: { seconds: 10 }, // the jobs of a program that has died run again after this time
 *   connectTimeout: { seconds: 2 },
 * };
 */
export interface RedisBackendOptions {
  /** Where Redis or Valkey is: `'redis://user:password@host:6379/0'`, or `'rediss://…'` for TLS. By default on this machine. */
  readonly url?: string;
  /** Further options of `ioredis`: `{ path: '/run/redis.sock' }`, `{ tls: { ca } }`, `{ sentinels, name }`. */
  readonly connection?: Readonly<Record<string, unknown>>;
  /** Makes a client, instead of `url` and `connection`: one of `ioredis`, as for a cluster. It is called for each connection. */
  readonly connect?: () => object;
  /** The prefix of all keys; by default `'bull'`. For a cluster, put it into braces: `'{bull}'`. */
  readonly prefix?: string;
  /**
   * For how long a job belongs to its worker program without a sign of life; 30 seconds by default. A program whose event loop is
   * blocked for longer loses its jobs, and they are run twice.
   */
  readonly lock?: Duration;
  /** How often worker programs look for jobs of dead ones; every 5 seconds by default. */
  readonly check?: Duration;
  /** After how many dead worker programs a job ends with `BrokenWorkerError`; 10 by default. */
  readonly maxLost?: number;
  /** How long `openEngine` and `serveJobs` wait for the first connection; 10 seconds by default. */
  readonly connectTimeout?: Duration;
}

/** Validated options; durations are in milliseconds. */
export interface CheckedRedisOptions {
  readonly url: string | undefined;
  readonly connection: Readonly<Record<string, unknown>>;
  readonly connect: (() => object) | undefined;
  readonly prefix: string;
  readonly lock: number;
  readonly check: number;
  readonly maxLost: number;
  readonly connectTimeout: number;
}

/** @throws {TypeError} when an option has a wrong type. @throws {RangeError} when it has a wrong value. */
export function checkRedisOptions(options: RedisBackendOptions): CheckedRedisOptions {
  const { url, connection = {}, connect, prefix = 'bull', maxLost = 10 } = options;
  if (url !== undefined && typeof url !== 'string') throw wrong('url', 'a text', url);
  if (typeof connection !== 'object' || connection === null) throw wrong('connection', 'an object', connection);
  if (connect !== undefined && typeof connect !== 'function') throw wrong('connect', 'a function', connect);
  if (typeof prefix !== 'string') throw wrong('prefix', 'a text', prefix);
  return {
    url,
    connection,
    connect,
    prefix,
    lock: positive(options.lock ?? { seconds: 30 }, 'lock'),
    check: positive(options.check ?? { seconds: 5 }, 'check'),
    maxLost: count(maxLost, 0, 'redisBackend(): maxLost', 2 ** 31 - 1),
    connectTimeout: positive(options.connectTimeout ?? { seconds: 10 }, 'connectTimeout'),
  };
}

function positive(duration: Duration, what: string): number {
  const milliseconds = toMilliseconds(duration, `redisBackend(): ${what}`);
  if (milliseconds >= 1 && milliseconds < 2 ** 31) return Math.round(milliseconds);
  throw new RangeError(
    `redisBackend(): ${what} must be at least a millisecond, and less than 24 days, but is ${milliseconds} ms`,
  );
}

function wrong(what: string, wanted: string, value: unknown): TypeError {
  return new TypeError(`redisBackend(): ${what} must be ${wanted}, not ${value === null ? 'null' : typeof value}`);
}
