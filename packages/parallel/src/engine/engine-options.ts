import type { Duration } from '@tercet/core';
import { toMilliseconds } from '@tercet/core/lowlevel';
import type { CapacityLimiter } from '@tercet/sync';
import { oneOf } from '../workers/worker-options.ts';
import type { EngineBackend } from './engine-backend.ts';
import { jsonCodec } from './json-codec.ts';
import type { EngineCodec } from './json-codec.ts';

/**
 * Options of both `openEngine` and `serveJobs`; callers and worker programs of a queue must use the same.
 *
 * @example
 * // Both sides need the same: keep it in a module that they share.
 * const options: EngineOptions = { backend: memoryBackend(), queue: 'images', codec: cloneCodec, maxSize: 64 * 1024 };
 * await openEngine(options, async (engine) => console.log(await engine.jobs()));
 */
export interface EngineOptions {
  /** The engine: `redisBackend(…)` or `memoryBackend()`. */
  readonly backend: EngineBackend;
  /** The name of the queue. It contains no `:`. */
  readonly queue: string;
  /** How values cross; by default as JSON. */
  readonly codec?: EngineCodec;
  /** The maximum size of a job's arguments, and of its result, in bytes of JSON; by default 1 MiB. */
  readonly maxSize?: number;
}

/**
 * The way in which a cancelled call treats its job: ask it to end, wait for it, or leave it alone.
 *
 * @example
 * const onCancel: OnEngineCancel = 'abandon'; // the mail is sent even if the request that asked for it is over
 * await openEngine({ backend: memoryBackend(), queue: 'mails' }, async (engine) => engine.with({ onCancel }));
 */
export type OnEngineCancel = 'ask' | 'wait' | 'abandon';

/**
 * How calls of an engine are made.
 *
 * @example
 * const options: EngineCallOptions = {
 *   grace: { seconds: 1 },
 *   limiter: new CapacityLimiter(10),
 *   onProgress: (done) => console.log(`${String(done)} %`),
 * };
 * await openEngine({ backend: memoryBackend(), queue: 'images' }, async (engine) => engine.with(options));
 */
export interface EngineCallOptions {
  /**
   * Decides about a job whose caller is cancelled. `'ask'`, the default: it is taken out of the queue, or asked to end, and
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
  /**
   * Is called once, with the id of the job, when the engine has stored the job: from then on it is not lost, whatever happens to
   * this program. Runs in the context of the caller. An error of it is thrown by the call; the job stays.
   */
  readonly onAccepted?: (jobId: string) => void;
}

/** Validated options of calls. */
export interface CheckedEngineCallOptions {
  readonly onCancel: OnEngineCancel;
  /** Milliseconds. */
  readonly grace: number;
  readonly limiter: CapacityLimiter | undefined;
  readonly onProgress: ((value: unknown) => void) | undefined;
  readonly onAccepted: ((jobId: string) => void) | undefined;
}

export const DEFAULT_CALL_OPTIONS: CheckedEngineCallOptions = {
  onCancel: 'ask',
  grace: 5000,
  limiter: undefined,
  onProgress: undefined,
  onAccepted: undefined,
};

/** @throws {TypeError} when an option has a wrong type. @throws {RangeError} when it has a wrong value. */
export function changeEngineCallOptions(
  before: CheckedEngineCallOptions,
  options: EngineCallOptions,
): CheckedEngineCallOptions {
  const { onCancel, grace, limiter, onProgress, onAccepted } = options;
  for (const [name, callback] of Object.entries({ onProgress, onAccepted })) {
    if (callback === undefined || typeof callback === 'function') continue;
    throw new TypeError(`with(): ${name} must be a function, not ${typeof callback}`);
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
    onAccepted: onAccepted ?? before.onAccepted,
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
