import { createHash } from 'node:crypto';
import type { Duration } from '@tercet/core';
import { toMilliseconds } from '@tercet/core/lowlevel';
import type { RemoteFunction } from '../naming/remote-function.ts';
import { referenceOf } from '../naming/remote-function.ts';
import { count } from '../workers/worker-options.ts';
import { uniqueText } from './unique-text.ts';

const brand = Symbol.for('@tercet/parallel/EngineJob');

/**
 * How a job is run by an engine, apart from how often.
 *
 * @example
 * const patient: EngineJobSettings = {
 *   name: 'send mail',
 *   attempts: 10,
 *   backoff: { seconds: 5 }, // 5 s, 10 s, 20 s …
 *   delay: { minutes: 1 },
 *   keepResult: { hours: 1 },
 * };
 */
export interface EngineJobSettings {
  /** The name under which `serveJobs` serves the function. */
  readonly name: string;
  /** How often it is tried when the function throws; by default once. */
  readonly attempts?: number;
  /** The pause before the second attempt: milliseconds, or `{ seconds: 5 }`; twice as long before each further one. None by default. */
  readonly backoff?: Duration;
  /** The time before it may begin; none by default. */
  readonly delay?: Duration;
  /** How long its result is kept for other callers with the same key, and for those that have lost the connection; one minute by default. */
  readonly keepResult?: Duration;
}

/**
 * Options of `job`. An engine may run a job more than once: give a `key`, or accept it with `atLeastOnce`.
 *
 * @example
 * // An order is charged once, however many programs ask for it: its id is the key.
 * const options: EngineJobOptions<[order: { id: string }]> = { name: 'charge', key: (order) => order.id, attempts: 5 };
 */
export type EngineJobOptions<A extends readonly unknown[]> = EngineJobSettings &
  (
    | {
        /** Names the job by its arguments: calls with the same key share one job, and its result. */
        readonly key: (...args: A) => string;
        readonly atLeastOnce?: 'accepted';
      }
    | {
        readonly key?: undefined;
        /** Confirms that the function may run more than once for one call. */
        readonly atLeastOnce: 'accepted';
      }
  );

/**
 * A function as a job of an engine. `job` makes it.
 *
 * @example
 * const crypto = remote<typeof import('node:crypto')>('node:crypto');
 * const hash = job(crypto.scryptSync, { name: 'hash', atLeastOnce: 'accepted' });
 * console.log(hash.jobName); // 'hash'
 */
export interface EngineJob<A extends readonly unknown[], R> extends RemoteFunction<A, R> {
  /** The name under which the worker programs serve it. */
  readonly jobName: string;
}

/** Validated options of a job. */
export interface CheckedJob {
  readonly name: string;
  readonly key: ((...args: never[]) => unknown) | undefined;
  readonly attempts: number;
  /** Milliseconds, as `delay` and `keepResult`. */
  readonly backoff: number;
  readonly delay: number;
  readonly keepResult: number;
}

const MINUTE = 60_000;

/**
 * Turns a function of another module into a job for an engine. The worker programs serve the function under `name`. The module
 * is not loaded here; it only provides the types.
 *
 * An engine runs a job at least once: it runs it again if the program that ran it died before it had sent the result. So a job
 * needs a `key`: with it the function can find out that the work is done, and two calls with the same key become one job.
 * Otherwise, accept repeated runs with `atLeastOnce: 'accepted'`.
 *
 * @throws {TypeError} when neither is given, when `remote` has not made the function, or when an option has a wrong type.
 * @throws {RangeError} when an option has a wrong value.
 * @example
 * interface Orders {
 *   charge(order: { id: string }): Promise<void>;
 * }
 * const orders = remote<Orders>(new URL('./orders.ts', import.meta.url));
 * const charge = job(orders.charge, { name: 'charge', key: (order) => order.id, attempts: 5, backoff: { seconds: 1 } });
 * const backend = memoryBackend(); // redisBackend({ url: 'redis://localhost:6379' })
 * await openEngine({ backend, queue: 'orders' }, (engine) => engine.run(charge, { id: '17' }));
 */
export function job<A extends unknown[], R>(fn: RemoteFunction<A, R>, options: EngineJobOptions<A>): EngineJob<A, R> {
  const reference = referenceOf(fn, 'job()');
  const checked = check(options);
  const copy = (): never => {
    throw new TypeError(`the job ${checked.name} was called directly; pass it to run() or map() of an engine`);
  };
  Object.defineProperties(copy, {
    ...Object.getOwnPropertyDescriptors(fn),
    name: { value: reference.name },
    jobName: { value: checked.name, enumerable: true },
    [brand]: { value: checked },
  });
  return copy as unknown as EngineJob<A, R>;
}

/** @throws {TypeError} when `job` has not made it. */
export function jobOf(fn: unknown, operation: string): CheckedJob {
  const found = typeof fn === 'function' ? (fn as { readonly [brand]?: CheckedJob })[brand] : undefined;
  if (found !== undefined) return found;
  throw new TypeError(
    `${operation} of an engine takes a job: an engine may run a function more than once, so make one with ` +
      "job(fn, { name, key }), or with job(fn, { name, atLeastOnce: 'accepted' })",
  );
}

/** Returns the id of a job: the same for equal keys, and a unique one for a job without a key. */
export function idOf({ name, key }: CheckedJob, args: readonly unknown[]): string {
  if (key === undefined) return `${escaped(name)}/${uniqueText()}`;
  const value = key(...(args as never[]));
  if (typeof value === 'string') return `${escaped(name)}/${shortened(escaped(value))}`;
  throw new TypeError(`the key of the job ${name} must be a text, but its function returned ${typeof value}`);
}

// BullMQ takes no colons in ids.
function escaped(text: string): string {
  return text.replaceAll(/[%:/]/g, (character) => encodeURIComponent(character));
}

const LONGEST = 200;

function shortened(key: string): string {
  return key.length <= LONGEST ? key : createHash('sha256').update(key).digest('hex');
}

function check(options: EngineJobOptions<never>): CheckedJob {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`job() takes options with a name, not ${options === null ? 'null' : typeof options}`);
  }
  const { name, key, atLeastOnce, attempts = 1, backoff = 0, delay = 0, keepResult = MINUTE } = options;
  if (typeof name !== 'string' || name === '') throw new TypeError('job(): name must be a text, and not empty');
  if (key !== undefined && typeof key !== 'function') {
    throw new TypeError(`job(): key must be a function that makes a text of the arguments, not ${typeof key}`);
  }
  if (atLeastOnce !== undefined && atLeastOnce !== 'accepted') {
    throw new TypeError("job(): atLeastOnce can only be 'accepted'");
  }
  if (key === undefined && atLeastOnce === undefined) {
    throw new TypeError(
      `job(): ${String(name)} has no key. An engine may run it more than once: give a key, so that the function can find out that ` +
        "its work is done, or accept it with atLeastOnce: 'accepted'",
    );
  }
  return {
    name,
    key: key as CheckedJob['key'],
    attempts: count(attempts, 1, 'job(): attempts', 2 ** 31 - 1),
    backoff: finite(backoff, 'job(): backoff'),
    delay: finite(delay, 'job(): delay'),
    keepResult: finite(keepResult, 'job(): keepResult'),
  };
}

function finite(duration: Duration, what: string): number {
  const milliseconds = toMilliseconds(duration, what);
  if (milliseconds < Infinity) return milliseconds;
  throw new RangeError(`${what} must be finite`);
}
