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
    return split(this, toPredicate(match));
  }

  /** The part that matches, or `undefined`. */
  subgroup(match: ErrorMatch): ExceptionGroup | undefined {
    return this.split(match)[0];
  }

  /** A group with other errors and all else as it is: message, cause, stack. */
  derive(errors: Iterable<unknown>): ExceptionGroup {
    const group = new ExceptionGroup(this.message, errors, 'cause' in this ? { cause: this.cause } : undefined);
    if (this.stack !== undefined) Object.defineProperty(group, 'stack', { value: this.stack, configurable: true });
    return group;
  }

  /** The errors themselves, without the groups around them, in the order of the tree. */
  leaves(): unknown[] {
    const leaves: unknown[] = [];
    const pending: unknown[] = [this];
    while (pending.length > 0) {
      const error = pending.pop();
      if (isExceptionGroup(error)) for (const inner of [...error.errors].reverse()) pending.push(inner);
      else leaves.push(error);
    }
    return leaves;
  }
}

/** A group on the way from the outermost one down to the error at hand. */
interface Level {
  readonly group: ExceptionGroup;
  position: number;
  readonly matched: unknown[];
  readonly rest: unknown[];
}

type Parts = [matched: ExceptionGroup | undefined, rest: ExceptionGroup | undefined];

// Groups nest as deep as nurseries do, thousands of levels if need be: no recursion.
function split(whole: ExceptionGroup, matches: (error: unknown) => boolean): Parts {
  if (matches(whole)) return [whole, undefined];
  const levels: Level[] = [{ group: whole, position: 0, matched: [], rest: [] }];
  for (;;) {
    const level = levels.at(-1)!;
    if (level.position < level.group.errors.length) {
      const error: unknown = level.group.errors[level.position++];
      if (matches(error)) level.matched.push(error);
      else if (isExceptionGroup(error)) levels.push({ group: error, position: 0, matched: [], rest: [] });
      else level.rest.push(error);
      continue;
    }
    levels.pop();
    const matched = partOf(level.group, level.matched);
    const rest = partOf(level.group, level.rest);
    const outer = levels.at(-1);
    if (outer === undefined) return [matched, rest];
    if (matched !== undefined) outer.matched.push(matched);
    if (rest !== undefined) outer.rest.push(rest);
  }
}

function partOf(group: ExceptionGroup, errors: unknown[]): ExceptionGroup | undefined {
  if (errors.length === 0) return undefined;
  const same = errors.length === group.errors.length && errors.every((error, index) => error === group.errors[index]);
  return same ? group : group.derive(errors);
}

/** Whether it is a group of ours, whichever copy of the library made it. */
export function isExceptionGroup(value: unknown): value is ExceptionGroup {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}

/** An error class matches its instances, `Error` also those of another realm; any other function is a predicate. */
export function toPredicate(match: ErrorMatch): (error: unknown) => boolean {
  if (match === Error) return isError;
  return isErrorClass(match) ? (error) => error instanceof match : (match as (error: unknown) => boolean);
}

function isErrorClass(match: ErrorMatch): match is abstract new (...args: never[]) => unknown {
  return match.prototype instanceof Error || Function.prototype.toString.call(match).startsWith('class');
}
