import { foldErrors, inPlaceOf } from './fold-errors.ts';
import { isError } from './is-error.ts';

/** What picks errors out of a group: an error class, or a predicate. */
export type ErrorMatch = (abstract new (...args: never[]) => unknown) | ((error: unknown) => boolean);

const brand = Symbol.for('@tercet/core/ExceptionGroup');

/**
 * Several errors that happened side by side: what comes out of a nursery whose tasks failed. Groups nest as nurseries
 * do; `split`, `subgroup` and `leaves` look into all levels.
 *
 * @example
 * try { await openNursery(…); } catch (error) {
 *   await handleGroup(error, [RangeError, (group) => console.error(group.leaves())]);
 * }
 */
export class ExceptionGroup extends AggregateError {
  static {
    this.prototype.name = 'ExceptionGroup';
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  /** @throws {RangeError} when there is no error in it. */
  constructor(message: string, errors: Iterable<unknown>, options?: ErrorOptions) {
    super(errors, message, options);
    if (this.errors.length === 0) throw new RangeError('ExceptionGroup: a group needs at least one error');
  }

  /** The part that matches and the part that does not, each with the tree's shape; `undefined` for an empty part. */
  split(match: ErrorMatch): [matched: ExceptionGroup | undefined, rest: ExceptionGroup | undefined] {
    const matches = toPredicate(match);
    const [matched, rest] = foldErrors<Parts>(
      this,
      (error) => (isExceptionGroup(error) && !matches(error) ? error.errors : undefined),
      // A group that counts as a leaf has matched.
      (error) => (isExceptionGroup(error) || matches(error) ? [[error], []] : [[], [error]]),
      joinParts,
    );
    return [matched[0], rest[0]] as ReturnType<ExceptionGroup['split']>;
  }

  /** The part that matches, or `undefined`. */
  subgroup(match: ErrorMatch): ExceptionGroup | undefined {
    return this.split(match)[0];
  }

  /** A group with other errors and all else as it is: message, cause, stack. */
  derive(errors: Iterable<unknown>): ExceptionGroup {
    return inPlaceOf(this, new ExceptionGroup(this.message, errors));
  }

  /** The errors themselves, without the groups around them, in the order of the tree. */
  leaves(): unknown[] {
    const leaves: unknown[] = [];
    foldErrors<unknown>(
      this,
      (error) => (isExceptionGroup(error) ? error.errors : undefined),
      (error) => leaves.push(error),
      () => undefined,
    );
    return leaves;
  }
}

type Parts = readonly [matched: unknown[], rest: unknown[]];

function joinParts(group: ExceptionGroup, parts: Parts[]): Parts {
  const matched = parts.flatMap((part) => part[0]);
  const rest = parts.flatMap((part) => part[1]);
  if (rest.length === 0) return [[group], []];
  if (matched.length === 0) return [[], [group]];
  return [[group.derive(matched)], [group.derive(rest)]];
}

/** Whether it is a group of ours, whichever copy of the library made it. */
export function isExceptionGroup(value: unknown): value is ExceptionGroup {
  return (value as Record<symbol, unknown> | null | undefined)?.[brand] === true;
}

/** An error class matches its instances, `Error` also those of another realm; any other function is a predicate. */
export function toPredicate(match: ErrorMatch): (error: unknown) => boolean {
  if (match === Error) return isError;
  return isErrorClass(match) ? (error) => error instanceof match : (match as (error: unknown) => boolean);
}

function isErrorClass(match: ErrorMatch): match is abstract new (...args: never[]) => unknown {
  return match.prototype instanceof Error || Function.prototype.toString.call(match).startsWith('class');
}
