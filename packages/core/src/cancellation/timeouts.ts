import { TooSlowError } from '../errors/tercet-error.ts';
import { currentNode } from '../frames/frames.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { requireInstant, toMilliseconds } from '../time/duration.ts';
import type { Duration } from '../time/duration.ts';
import { rejected } from '../waiting/checkpoint.ts';
import type { CancelNode } from './cancel-node.ts';
import { CancelScope } from './cancel-scope.ts';

/**
 * The code that runs in a scope.
 *
 * @example
 * // A timeout that says how long its body took.
 * async function timed<T>(limit: Duration, body: ScopeBody<T>): Promise<T | undefined> {
 *   const begin = currentTime();
 *   const value = await moveOnAfter(limit, body);
 *   console.log(`${Math.round(currentTime() - begin)} ms`);
 *   return value;
 * }
 * await timed({ seconds: 1 }, () => sleep(5));
 */
export type ScopeBody<T> = (scope: CancelScope) => T | PromiseLike<T>;

/**
 * For the timeouts.
 *
 * @example
 * const sayGoodbye = (): Promise<void> => sleep(5);
 * try {
 *   await sleep(1);
 * } finally {
 *   // Even if this code is cancelled, the goodbye may take a second, and not more.
 *   await moveOnAfter({ seconds: 1 }, sayGoodbye, { shield: true });
 * }
 */
export interface TimeoutOptions {
  /** Whether the body ignores the cancellation of outer scopes. The timeout itself still takes effect. */
  readonly shield?: boolean;
}

/**
 * Runs `body`, and cancels it when it takes longer than `duration`. Then it returns `undefined`, without an error.
 *
 * @param duration milliseconds, or `{ seconds: 2 }`.
 * @returns the body's value, or `undefined` when it was cancelled.
 * @throws the error of the body.
 * @throws {RangeError} when the duration is negative or NaN.
 * @throws {StateError} outside of a run.
 * @example
 * const answer = await moveOnAfter(500, () => ask(server));
 * if (answer === undefined) console.log('no answer in time');
 */
export function moveOnAfter<T>(
  duration: Duration,
  body: ScopeBody<T>,
  options?: TimeoutOptions,
): Promise<T | undefined> {
  try {
    return after('moveOnAfter', body, duration, options).run(body);
  } catch (error) {
    return rejected(error);
  }
}

/**
 * `moveOnAfter` with an instant of `currentTime()` instead of a duration.
 *
 * @param deadline milliseconds on the run's clock.
 * @returns the body's value, or `undefined` when it was cancelled.
 * @throws the error of the body.
 * @throws {RangeError} when the deadline is NaN.
 * @throws {StateError} outside of a run.
 * @example
 * const deadline = currentTime() + 5000; // for both together
 * const user = await moveOnAt(deadline, () => loadUser(id));
 * const orders = await moveOnAt(deadline, () => loadOrders(id));
 */
export function moveOnAt<T>(deadline: number, body: ScopeBody<T>, options?: TimeoutOptions): Promise<T | undefined> {
  try {
    return at('moveOnAt', body, deadline, options).run(body);
  } catch (error) {
    return rejected(error);
  }
}

/**
 * Runs `body`, and cancels it and throws when it takes longer than `duration`.
 *
 * @param duration milliseconds, or `{ seconds: 2 }`.
 * @returns the body's value; `undefined` when the body cancelled the scope itself.
 * @throws {TooSlowError} when the deadline of this call ended the body, and for no other cancellation.
 * @throws the error of the body.
 * @throws {RangeError} when the duration is negative or NaN.
 * @throws {StateError} outside of a run.
 * @example
 * const page = await failAfter({ seconds: 30 }, () => fetchPage(url));
 */
export function failAfter<T>(duration: Duration, body: ScopeBody<T>, options?: TimeoutOptions): Promise<T> {
  try {
    const scope = after('failAfter', body, duration, options);
    currentNode('failAfter()');
    return failing(scope, body, `failAfter(): not done within ${scope.relativeDeadline} ms`);
  } catch (error) {
    return rejected(error);
  }
}

/**
 * `failAfter` with an instant of `currentTime()` instead of a duration.
 *
 * @param deadline milliseconds on the run's clock.
 * @throws {TooSlowError} when the deadline of this call ended the body.
 * @throws the error of the body.
 * @throws {RangeError} when the deadline is NaN.
 * @throws {StateError} outside of a run.
 * @example
 * const page = await failAt(currentTime() + 5000, () => fetchPage(url));
 */
export function failAt<T>(deadline: number, body: ScopeBody<T>, options?: TimeoutOptions): Promise<T> {
  try {
    return failing(
      at('failAt', body, deadline, options),
      body,
      `failAt(): not done by the deadline, ${deadline} on the clock of the run`,
    );
  } catch (error) {
    return rejected(error);
  }
}

/**
 * Runs cleanup code that has to await something, although the task may have been cancelled: outer scopes do not cancel it.
 *
 * @param options.timeout the longest time that it may take: milliseconds, or `{ seconds: 2 }`. Nothing else can end it.
 * @throws {TooSlowError} when it takes longer.
 * @throws the error of the body.
 * @throws {StateError} outside of a run.
 * @example
 * try { await work(connection); }
 * finally { await shielded(() => connection.sendAll('bye\n'), { timeout: 1000 }); }
 */
export function shielded<T>(body: ScopeBody<T>, options?: { readonly timeout?: Duration }): Promise<T> {
  try {
    const scope = after('shielded', body, options?.timeout ?? Infinity, { shield: true });
    return failing(scope, body, `shielded(): not done within ${scope.relativeDeadline} ms`);
  } catch (error) {
    return rejected(error);
  }
}

/**
 * The instant at which the calling code will be cancelled: the earliest deadline, or end of a grace period, of the scopes
 * around it up to the nearest shield. -Infinity when it is cancelled already, Infinity when there is no deadline.
 *
 * @throws {StateError} outside of a run.
 * @example
 * const left = currentEffectiveDeadline() - currentTime();
 * if (left < 1000) console.log('there is no time for another attempt');
 */
export function currentEffectiveDeadline(): number {
  let node: CancelNode | undefined = currentNode('currentEffectiveDeadline()');
  if (node.effective) return -Infinity;
  let earliest = Infinity;
  for (; node !== undefined; node = node.shielded ? undefined : node.parent)
    earliest = Math.min(earliest, node.deadline, node.softEnd?.endsAt ?? Infinity);
  return earliest;
}

function after(operation: string, body: unknown, duration: Duration, options?: TimeoutOptions): CancelScope {
  requireFunction(operation, body);
  return new CancelScope({ relativeDeadline: toMilliseconds(duration, `${operation}()`), ...options });
}

function at(operation: string, body: unknown, deadline: number, options?: TimeoutOptions): CancelScope {
  requireFunction(operation, body);
  return new CancelScope({ deadline: requireInstant(deadline, `${operation}()`), ...options });
}

async function failing<T>(scope: CancelScope, body: ScopeBody<T>, text: string): Promise<T> {
  const value = await scope.run(body);
  if (CancelScope.nodeOf(scope).endedByOwnDeadline) throw new TooSlowError(text);
  return value as T;
}
