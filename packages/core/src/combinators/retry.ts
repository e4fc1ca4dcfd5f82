import { currentNode } from '../frames/frames.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { toMilliseconds } from '../time/duration.ts';
import type { Duration } from '../time/duration.ts';
import { sleep } from '../waiting/sleep.ts';
import { checkpointIfCancelled } from '../waiting/checkpoint.ts';

/**
 * For {@link retry}.
 *
 * @example
 * const options: RetryOptions = {
 *   attempts: 5,
 *   delay: 5,
 *   maxDelay: { seconds: 2 },
 *   jitter: 0.5,
 *   when: (error) => (error as { code?: string }).code === 'ECONNRESET',
 *   onRetry: (error, attempt, pause) => console.log(`attempt ${attempt} failed, next in ${pause} ms`),
 * };
 * await retry(async (attempt) => {
 *   if (attempt < 3) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
 * }, options);
 */
export interface RetryOptions {
  /** The maximum number of attempts, including the first; 3 by default. `Infinity` is allowed. */
  readonly attempts?: number;
  /** The pause after the first attempt: milliseconds, or `{ seconds: 2 }`; 100 ms by default. */
  readonly delay?: Duration;
  /** The factor by which each pause is longer than the one before; 2 by default. */
  readonly factor?: number;
  /** The longest pause; no limit by default. */
  readonly maxDelay?: Duration;
  /** The random share of each pause, from 0 to 1; 0 by default. With 0.5 a pause takes 50 to 100 % of its length. */
  readonly jitter?: number;
  /** Decides whether to try again after this error; always, by default. */
  readonly when?: (error: unknown, attempt: number) => boolean;
  /** Called before each pause with the error, the number of the failed attempt, and the length of the pause in milliseconds. */
  readonly onRetry?: (error: unknown, attempt: number, pause: number) => void;
}

/**
 * Calls `fn` until it succeeds, with growing pauses in between: exponential backoff. It does not call `fn` again once the
 * surrounding scope is cancelled.
 *
 * A checkpoint.
 *
 * @param fn gets the number of the attempt, from 1.
 * @returns the result of the first successful call.
 * @throws the error of the last attempt. The error of the attempt before it becomes its `cause`, unless it has one, and so on.
 * @throws {RangeError} when `attempts`, `factor` or `jitter` is out of range.
 * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
 * @example
 * const page = await retry(() => failAfter(2000, () => fetchPage(url)), {
 *   attempts: 5,
 *   jitter: 0.5,
 *   when: (error) => error instanceof TooSlowError,
 * });
 */
export async function retry<T>(fn: (attempt: number) => T | PromiseLike<T>, options: RetryOptions = {}): Promise<T> {
  requireFunction('retry', fn);
  const { attempts = 3, factor = 2, jitter = 0, when, onRetry } = options;
  requireRange(
    'attempts',
    attempts,
    attempts === Infinity || (Number.isInteger(attempts) && attempts >= 1),
    'a positive integer or Infinity',
  );
  requireRange('factor', factor, factor >= 1 && factor < Infinity, 'a number of at least 1');
  requireRange('jitter', jitter, jitter >= 0 && jitter <= 1, 'a number from 0 to 1');
  const maxDelay = toMilliseconds(options.maxDelay ?? Infinity, 'retry(): maxDelay');
  let delay = Math.min(toMilliseconds(options.delay ?? 100, 'retry(): delay'), maxDelay);
  const node = currentNode('retry()');
  let earlier: unknown;
  for (let attempt = 1; ; attempt++) {
    await checkpointIfCancelled();
    try {
      return await fn(attempt);
    } catch (error) {
      linkCause(error, earlier);
      earlier = error;
      if (node.effective || attempt >= attempts || when?.(error, attempt) === false) throw error;
      const pause = delay * (1 - jitter * node.run.random());
      onRetry?.(error, attempt, pause);
      await sleep(pause);
      delay = Math.min(delay * factor, maxDelay);
    }
  }
}

function requireRange(option: string, value: number, fits: boolean, range: string): void {
  if (!fits) throw new RangeError(`retry(): ${option} must be ${range}, not ${String(value)}`);
}

/** Makes `earlier` the cause of an error that has none, unless that would close a circle, or there is one already. */
function linkCause(error: unknown, earlier: unknown): void {
  if (earlier === undefined || !isObject(error)) return;
  try {
    const seen = new Set<unknown>([error]);
    for (let cause: unknown = earlier; isObject(cause); cause = cause.cause) {
      if (seen.has(cause)) return;
      seen.add(cause);
    }
    if (error.cause === undefined)
      Object.defineProperty(error, 'cause', { value: earlier, configurable: true, writable: true });
  } catch {
    // An error that cannot be read or written to is thrown as it is.
  }
}

function isObject(value: unknown): value is { cause?: unknown } {
  return typeof value === 'object' && value !== null;
}
