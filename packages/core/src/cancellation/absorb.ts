import { isCancelled } from '../errors/cancelled.ts';
import { isExceptionGroup } from '../errors/exception-group.ts';

/** What is left of an error when a scope has taken every `Cancelled` out of it. */
export interface Absorbed {
  /** Whether there was any. */
  readonly caught: boolean;
  /** Whether something else is left, and has to be thrown on. */
  readonly remains: boolean;
  readonly error: unknown;
}

const NOTHING_ELSE: Absorbed = { caught: true, remains: false, error: undefined };

// Groups that are known to hold no `Cancelled`. An error that climbs through nested nurseries is wrapped at each level, and
// would be walked to its ground at each of them.
const cleared = new WeakSet<object>();

/** A group on the way from the outermost one down to the error at hand. */
interface Level {
  readonly whole: unknown;
  readonly members: readonly unknown[];
  position: number;
  readonly kept: unknown[];
  caught: boolean;
}

/**
 * Takes every `Cancelled` out of an error: a bare one vanishes, groups keep their shape without them. A native
 * `AggregateError` counts as a group, and a `SuppressedError`, which `await using` throws, as a group of two.
 *
 * Nurseries may be nested by the thousand, and so the groups that they make: no recursion.
 */
export function absorb(error: unknown): Absorbed {
  if (isCancelled(error)) return NOTHING_ELSE;
  const members = membersOf(error);
  if (members === undefined) return { caught: false, remains: true, error };
  const levels: Level[] = [enter(error, members)];
  for (;;) {
    const level = levels.at(-1)!;
    if (level.position < level.members.length) {
      const member = level.members[level.position++];
      const inner = membersOf(member);
      if (inner !== undefined) levels.push(enter(member, inner));
      else if (isCancelled(member)) level.caught = true;
      else level.kept.push(member);
      continue;
    }
    levels.pop();
    const outcome = leave(level);
    const outer = levels.at(-1);
    if (outer === undefined) return outcome;
    outer.caught ||= outcome.caught;
    if (outcome.remains) outer.kept.push(outcome.error);
  }
}

function enter(whole: unknown, members: readonly unknown[]): Level {
  return { whole, members, position: 0, kept: [], caught: false };
}

function leave({ whole, kept, caught }: Level): Absorbed {
  if (caught && kept.length === 0) return NOTHING_ELSE;
  const error = caught ? derive(whole, kept) : whole;
  if (typeof error === 'object' && error !== null) cleared.add(error);
  return { caught, remains: true, error };
}

function membersOf(error: unknown): readonly unknown[] | undefined {
  if (typeof error !== 'object' || error === null || cleared.has(error)) return undefined;
  if (isExceptionGroup(error) || isAggregate(error)) return error.errors;
  return isSuppressed(error) ? [error.error, error.suppressed] : undefined;
}

function derive(whole: unknown, kept: unknown[]): unknown {
  if (isExceptionGroup(whole)) return whole.derive(kept);
  if (isSuppressed(whole)) return kept.length === 1 ? kept[0] : deriveSuppressed(whole, kept);
  const aggregate = whole as AggregateError;
  const options = 'cause' in aggregate ? { cause: aggregate.cause } : undefined;
  return keepStack(aggregate, new AggregateError(kept, aggregate.message, options));
}

interface Suppressed extends Error {
  readonly error: unknown;
  readonly suppressed: unknown;
}

function deriveSuppressed(whole: Suppressed, [error, suppressed]: unknown[]): Error {
  const derived = Object.assign(new Error(whole.message), { error, suppressed });
  derived.name = whole.name;
  return keepStack(whole, derived);
}

function keepStack<E extends Error>(original: Error, derived: E): E {
  if (original.stack !== undefined)
    Object.defineProperty(derived, 'stack', { value: original.stack, configurable: true });
  return derived;
}

function isAggregate(error: unknown): error is AggregateError {
  return isNamed(error, 'AggregateError') && Array.isArray((error as AggregateError).errors);
}

// By name: the class is not there on all runtimes, and TypeScript's helper for `await using` makes a look-alike.
function isSuppressed(error: unknown): error is Suppressed {
  return isNamed(error, 'SuppressedError') && 'error' in error && 'suppressed' in error;
}

function isNamed(error: unknown, name: string): error is Error {
  return typeof error === 'object' && error !== null && (error as Error).name === name;
}
