import type { Duration } from '@tercet/core';
import { toMilliseconds } from '@tercet/core/lowlevel';
import { sectionOf } from '../describing/section.ts';
import type { RetryPolicy, Section } from '../describing/section.ts';
import { requireCount, requireFunction } from './require.ts';

/**
 * For `retry`, and for the option of that name.
 *
 * @example
 * const options: RetryOptions = {
 *   attempts: 5,
 *   backoff: (attempt) => ({ milliseconds: 2 ** attempt }),
 *   jitter: 0.2,
 *   when: (error) => !(error instanceof RangeError),
 * };
 * await pipeline(['a'], map(async (name: string) => name, { retry: options })).toArray();
 */
export interface RetryOptions {
  /** How often the function is called for an item, the first call included; 3 when left out. */
  readonly attempts?: number;
  /**
   * The pause before the second call, doubled before each further one; or a function of the number of the call that comes
   * next, 2 at first. 100 ms when left out.
   */
  readonly backoff?: Duration | ((attempt: number) => Duration);
  /** The share of each pause that is random, from 0, the default, to 1. */
  readonly jitter?: number;
  /** Whether an error is worth another call; all are when left out. */
  readonly when?: (error: unknown) => boolean;
}

/**
 * Calls the function of the section before it again when it fails. The pause is on the run's clock. The item keeps its
 * place. `Cancelled` of the surrounding scope is never retried.
 *
 * @throws {TypeError} by `pipeline`, when the section before it does not call a function for each item.
 * @example
 * pipeline(orders, map(submit, { concurrency: 4 }), retry({ attempts: 5, backoff: { seconds: 1 }, jitter: 0.5 }));
 */
export function retry<T>(options: RetryOptions = {}): Section<T, T> {
  return sectionOf({ kind: 'policy', name: 'retry', retry: retryPolicyOf('retry', options) });
}

export function retryPolicyOf(operation: string, options: RetryOptions): RetryPolicy {
  const { backoff = 100, jitter = 0, when = () => true } = options;
  const attempts = requireCount(operation, 'attempts', options.attempts ?? 3, 1);
  requireFunction(`${operation}(): when`, when);
  if (typeof jitter !== 'number' || !(jitter >= 0 && jitter <= 1)) {
    throw new RangeError(`${operation}(): jitter must be a number from 0 to 1, not ${String(jitter)}`);
  }
  const inMilliseconds = (duration: Duration): number => toMilliseconds(duration, `${operation}(): backoff`);
  const first = typeof backoff === 'function' ? undefined : inMilliseconds(backoff);
  const pauseBefore = (attempt: number): number =>
    first === undefined
      ? inMilliseconds((backoff as (attempt: number) => Duration)(attempt))
      : first * 2 ** (attempt - 2);
  return {
    attempts,
    when,
    pause: (attempt) => pauseBefore(attempt) * (1 - jitter * Math.random()),
  };
}
