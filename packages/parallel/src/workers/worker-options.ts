import { availableParallelism } from 'node:os';
import type { Duration } from '@tercet/core';
import { toMilliseconds } from '@tercet/core/lowlevel';
import type { FunctionName } from '../protocol/messages.ts';
import { SLOTS } from '../protocol/shared-claims.ts';
import { referenceOf } from '../naming/remote-function.ts';
import type { RemoteFunction } from '../naming/remote-function.ts';
import type { WorkerLimits } from './worker-link.ts';

/**
 * The workers of an executor: how many, of which kind, and when they leave.
 *
 * @example
 * const options: WorkerOptions = {
 *   kind: 'process', // one that hangs, or crashes, can be killed for certain
 *   max: 2,
 *   maxJobs: 1000, // a new process now and then, for code that leaks
 *   resourceLimits: { maxOldGenerationSizeMb: 256 },
 *   stdio: 'prefix',
 * };
 * await openWorkers(options, async (workers) => console.log(workers.statistics().started));
 */
export interface WorkerOptions {
  /** Threads share memory with their parent and are lighter; a process can always be killed. By default `'thread'`. */
  readonly kind?: 'thread' | 'process';
  /** At most this many workers run at once; by default as many as the machine has processors. */
  readonly max?: number;
  /** At least this many are kept ready, from the beginning; by default none. */
  readonly min?: number;
  /** How long a worker may be idle before it leaves: milliseconds, or `{ minutes: 10 }`, which is the default; Infinity: for ever. */
  readonly idleTimeout?: Duration;
  /** How long a worker may take to leave, and a job to end that is asked to, before it is killed; by default 5 s. */
  readonly grace?: Duration;
  /** Is called in each worker before its first job. */
  readonly init?: RemoteFunction<[], unknown>;
  /** Is called in a worker after each job; when it returns true, the worker leaves. It must not wait, and must not throw. */
  readonly retire?: RemoteFunction<[], boolean>;
  /** A worker leaves after this many jobs. */
  readonly maxJobs?: number;
  /** A worker leaves after a job when its heap is larger than this, in bytes. */
  readonly maxHeap?: number;
  /** Limits of the memory of a worker, in MiB: a job that exceeds them breaks its worker. */
  readonly resourceLimits?: WorkerLimits;
  /** Flags of Node; by default those of this process. */
  readonly execArgv?: readonly string[];
  /** Environment variables; by default a copy of those of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Where the output of jobs goes: to this process's, to that with the worker's name in front of each line, or nowhere. */
  readonly stdio?: 'inherit' | 'prefix' | 'ignore';
  /** Jobs that are sent to a worker ahead of the one that it runs; by default as many as take about a millisecond. */
  readonly prefetch?: number | 'auto';
  /** A name for the executor; its workers are called after it. */
  readonly name?: string;
}

/** Options that have been looked through. */
export interface CheckedOptions {
  readonly kind: 'thread' | 'process';
  readonly max: number;
  readonly min: number;
  readonly idleTimeout: number;
  readonly grace: number;
  readonly init: FunctionName | undefined;
  readonly retire: FunctionName | undefined;
  readonly maxJobs: number;
  readonly maxHeap: number | undefined;
  readonly resourceLimits: WorkerLimits | undefined;
  readonly execArgv: readonly string[] | undefined;
  readonly env: NodeJS.ProcessEnv | undefined;
  readonly stdio: 'inherit' | 'prefix' | 'ignore';
  readonly prefetch: number | 'auto';
  readonly name: string | undefined;
}

const GRACE = 5000;
const IDLE_TIMEOUT = 600_000;

/** @throws {TypeError} when an option has a wrong type. @throws {RangeError} when it has a wrong value. */
export function checkOptions(options: WorkerOptions, operation: string): CheckedOptions {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${operation} takes an object with options, not ${options === null ? 'null' : typeof options}`);
  }
  const { init, retire, maxHeap, resourceLimits, execArgv, env, name, prefetch = 'auto' } = options;
  const where = (option: string): string => `${operation}: ${option}`;
  const max = count(options.max ?? availableParallelism(), 1, where('max'));
  const min = count(options.min ?? 0, 0, where('min'));
  if (min > max) throw new RangeError(`${where('min')} must not be more than max, but is ${min}, and max is ${max}`);
  return {
    kind: oneOf(options.kind ?? 'thread', ['thread', 'process'], where('kind')),
    max,
    min,
    idleTimeout: toMilliseconds(options.idleTimeout ?? IDLE_TIMEOUT, where('idleTimeout')),
    grace: toMilliseconds(options.grace ?? GRACE, where('grace')),
    init: init === undefined ? undefined : referenceOf(init, where('init')),
    retire: retire === undefined ? undefined : referenceOf(retire, where('retire')),
    maxJobs: count(options.maxJobs ?? Infinity, 1, where('maxJobs')),
    maxHeap: maxHeap === undefined ? undefined : count(maxHeap, 1, where('maxHeap')),
    resourceLimits,
    execArgv,
    env,
    stdio: oneOf(options.stdio ?? 'inherit', ['inherit', 'prefix', 'ignore'], where('stdio')),
    prefetch: prefetch === 'auto' ? prefetch : count(prefetch, 0, where('prefetch'), SLOTS - 1),
    name,
  };
}

/** @throws {TypeError} when it is not a whole number. @throws {RangeError} when it is out of its range. */
export function count(value: number, least: number, what: string, most: number = Infinity): number {
  if (typeof value !== 'number' || Number.isNaN(value) || (value !== Infinity && !Number.isInteger(value))) {
    throw new TypeError(`${what} must be a whole number, not ${typeof value === 'number' ? value : typeof value}`);
  }
  if (value >= least && value <= most) return value;
  const range = most === Infinity ? `at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`${what} must be ${range}, but is ${value}`);
}

/** @throws {TypeError} when it is another value. */
export function oneOf<T extends string>(value: T, values: readonly T[], what: string): T {
  if (values.includes(value)) return value;
  throw new TypeError(`${what} must be ${values.map((each) => `'${each}'`).join(' or ')}, not ${String(value)}`);
}
