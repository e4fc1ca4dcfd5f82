import type { Duration } from '@tercet/core';
import { toMilliseconds } from '@tercet/core/lowlevel';
import type { CapacityLimiter } from '@tercet/sync';
import { oneOf } from '../workers/worker-options.ts';
import type { EngineBackend } from './engine-backend.ts';
import { jsonCodec } from './json-codec.ts';
import type { EngineCodec } from './json-codec.ts';

/**
 * What `openEngine` and `serveJobs` both need to know, and must be given alike.
 *
 * @example
 * const options: EngineOptions = { backend: memoryBackend(), queue: 'images', maxSize: 65_536 };
 */
export interface EngineOptions {
  /** The engine: `redisBackend(…)` or `memoryBackend()`. */
  readonly backend: EngineBackend;
  /** The name of the queue. It holds no `:`. */
  readonly queue: string;
  /** How values cross; by default as JSON. */
  readonly codec?: EngineCodec;
  /** How many bytes of JSON the arguments of a job, or its result, may take; by default 1 MiB. */
  readonly maxSize?: number;
}

/**
 * The way in which a cancelled call treats its job: ask it to end, wait for it, or leave it alone.
 *
 * @example
 * const onCancel: OnEngineCancel = 'abandon';
 */
export type OnEngineCancel = 'ask' | 'wait' | 'abandon';

/**
 * How calls of an engine are made.
 *
 * @example
 * const options: EngineCallOptions = { onCancel: 'ask', grace: { seconds: 1 } };
 */
export interface EngineCallOptions {
  /**
   * What happens to a job when its caller is cancelled. `'ask'`, the default: it is taken out of the queue, or asked to end, and
   * the caller waits for that, at most for the grace. `'wait'`: nothing; the caller waits. `'abandon'`: nothing; the caller goes
   * on at once, and the job, too, without its deadline.
   */
  readonly onCancel?: OnEngineCancel;
  /** How long a cancelled caller waits for the end of its job: milliseconds, or `{ seconds: 5 }`, which is the default. */
  readonly grace?: Duration;
  /** Each call holds one of its tokens, from before it is sent until it has ended. */
  readonly limiter?: CapacityLimiter;
  /** Is called with what the job reports: in the context of the caller, the latest report only when they come too fast. */
  readonly onProgress?: (value: unknown) => void;
}

/** Options of calls that have been looked through. */
export interface CheckedEngineCallOptions {
  readonly onCancel: OnEngineCancel;
  /** Milliseconds. */
  readonly grace: number;
  readonly limiter: CapacityLimiter | undefined;
  readonly onProgress: ((value: unknown) => void) | undefined;
}

export const DEFAULT_CALL_OPTIONS: CheckedEngineCallOptions = {
  onCancel: 'ask',
  grace: 5000,
  limiter: undefined,
  onProgress: undefined,
};

/** @throws {TypeError} when an option has a wrong type. @throws {RangeError} when it has a wrong value. */
export function changeEngineCallOptions(
  before: CheckedEngineCallOptions,
  options: EngineCallOptions,
): CheckedEngineCallOptions {
  const { onCancel, grace, limiter, onProgress } = options;
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new TypeError(`with(): onProgress must be a function, not ${typeof onProgress}`);
  }
  if (limiter !== undefined && typeof limiter?.acquireOnBehalfOf !== 'function') {
    throw new TypeError('with(): limiter must be a CapacityLimiter');
  }
  return {
    onCancel:
      onCancel === undefined ? before.onCancel : oneOf(onCancel, ['ask', 'wait', 'abandon'], 'with(): onCancel'),
    grace: grace === undefined ? before.grace : toMilliseconds(grace, 'with(): grace'),
    limiter: limiter ?? before.limiter,
    onProgress: onProgress ?? before.onProgress,
  };
}

/** How values cross between the two sides of a queue. */
export interface Crossing {
  readonly codec: EngineCodec;
  readonly maxSize: number;
}

const MEBIBYTE = 2 ** 20;

/** @throws {TypeError} when an option has a wrong type. @throws {RangeError} when it has a wrong value. */
export function checkEngineOptions(options: EngineOptions, operation: string): Crossing {
  const { backend, queue, codec = jsonCodec, maxSize = MEBIBYTE } = options ?? {};
  if (typeof backend?.openCaller !== 'function' || typeof backend.openWorker !== 'function') {
    throw new TypeError(`${operation}: backend must be an engine, such as redisBackend() or memoryBackend() makes`);
  }
  if (typeof queue !== 'string') throw new TypeError(`${operation}: queue must be a text, not ${typeof queue}`);
  if (queue === '' || queue.includes(':')) {
    throw new RangeError(`${operation}: the name of a queue must not be empty nor hold a colon, but is '${queue}'`);
  }
  if (typeof codec?.encode !== 'function' || typeof codec.decode !== 'function') {
    throw new TypeError(`${operation}: codec must have the functions encode and decode`);
  }
  if (typeof maxSize !== 'number') throw new TypeError(`${operation}: maxSize must be a number, not ${typeof maxSize}`);
  if (!(maxSize > 0)) throw new RangeError(`${operation}: maxSize must be more than 0, but is ${maxSize}`);
  return { codec, maxSize };
}
