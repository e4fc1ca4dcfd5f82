import { isCancelled } from './cancelled.ts';
import { ExceptionGroup } from './exception-group.ts';
import { foldErrors, inPlaceOf } from './fold-errors.ts';
import { copyOf, isExceptionGroup, membersOf as membersOfGroup } from './is-exception-group.ts';

/** The result of taking every `Cancelled` out of an error, as a scope does. */
export interface Absorbed {
  /** Whether the error held a `Cancelled`. */
  readonly caught: boolean;
  /** Whether something else is left, which has to be rethrown. */
  readonly remains: boolean;
  /** The error without its `Cancelled` parts. */
  readonly error: unknown;
}

const NOTHING_ELSE: Absorbed = { caught: true, remains: false, error: undefined };
const NOTHING: Absorbed = { caught: false, remains: false, error: undefined };

// The results for groups that have been walked. An error that passes through nested nurseries is wrapped at each level, and
// would otherwise be walked and rebuilt as a whole at each of them.
const known = new WeakMap<object, Absorbed>();

/**
 * Takes every `Cancelled` out of an error: a bare one vanishes, groups keep their shape without them. A native
 * `AggregateError` counts as a group, and a `SuppressedError`, which `await using` throws, as a group of two.
 *
 * Never throws, since each task that fails passes here. A value that cannot be read counts as an error, not as a `Cancelled`.
 */
export function absorb(error: unknown): Absorbed {
  return isCancelled(error) ? NOTHING_ELSE : foldErrors(error, WITHOUT_CANCELLED);
}

/**
 * Whether an error is a `Cancelled`, or a group with nothing else in it, so that ignoring it loses nothing. (`isCancelled` is
 * false for groups.) For filters of unhandled errors. Never throws.
 *
 * @example
 * process.on('unhandledRejection', (reason) => { if (!isOnlyCancelled(reason)) report(reason); });
 */
export function isOnlyCancelled(error: unknown): boolean {
  return !absorb(error).remains;
}

function untouched(error: unknown): Absorbed {
  return { caught: false, remains: true, error };
}

const WITHOUT_CANCELLED = {
  membersOf,
  leaf: (error: unknown): Absorbed =>
    isCancelled(error) ? NOTHING_ELSE : (known.get(error as object) ?? untouched(error)),
  join,
  // A group inside itself adds nothing to its other members.
  again: (before: Absorbed | undefined): Absorbed => before ?? NOTHING,
};

function join(whole: Error, parts: Absorbed[]): Absorbed {
  const caught = parts.some((part) => part.caught);
  const kept = parts.filter((part) => part.remains).map((part) => part.error);
  const absorbed = caught ? withoutCancelled(whole, kept) : untouched(whole);
  known.set(whole, absorbed);
  return absorbed;
}

function withoutCancelled(whole: Error, kept: unknown[]): Absorbed {
  if (kept.length === 0) return NOTHING_ELSE;
  const error = without(whole, kept);
  if (typeof error === 'object' && error !== null && !known.has(error)) known.set(error, untouched(error));
  return { caught: true, remains: true, error };
}

interface Suppressed extends Error {
  readonly error: unknown;
  readonly suppressed: unknown;
}

function membersOf(error: unknown): readonly unknown[] | undefined {
  if (typeof error !== 'object' || error === null || known.has(error)) return undefined;
  if (isExceptionGroup(error)) return membersOfGroup(error);
  try {
    const { name, errors } = error as Partial<AggregateError>;
    if (name === 'AggregateError') return copyOf(errors);
    return isSuppressed(error) ? [error.error, error.suppressed] : undefined;
  } catch {
    return undefined;
  }
}

// By name: the class is not there on all runtimes, and TypeScript's helper for `await using` makes a look-alike.
function isSuppressed(error: object): error is Suppressed {
  return (error as Error).name === 'SuppressedError' && 'error' in error && 'suppressed' in error;
}

/** The group with only these errors. */
function without(whole: Error, kept: unknown[]): unknown {
  try {
    return derive(whole, kept);
  } catch (problem) {
    // It cannot be read, or its own `derive` has failed. Its errors must not be lost.
    return new ExceptionGroup('errors of a group that could not be derived', kept, { cause: problem });
  }
}

function derive(whole: Error, kept: unknown[]): unknown {
  if (isExceptionGroup(whole)) return whole.derive(kept);
  const { name, message } = whole;
  if (!isSuppressed(whole)) return inPlaceOf(whole, new AggregateError(kept, message));
  const [error, suppressed] = kept;
  return kept.length === 1 ? error : inPlaceOf(whole, Object.assign(new Error(message), { name, error, suppressed }));
}
