import { isCancelled } from './cancelled.ts';
import { describeLeaves } from './describe-leaves.ts';
import { foldErrors, inPlaceOf } from './fold-errors.ts';
import { isError } from './is-error.ts';
import { groupBrand, isExceptionGroup, membersOf } from './is-exception-group.ts';
import { plainError } from './plain-error.ts';
import type { PlainError } from './plain-error.ts';
import { withoutStack } from './without-stack.ts';

/**
 * Selects errors of a group: an error class, or a predicate.
 *
 * @example
 * const isTimeout: ErrorMatch = (error) => (error as { code?: string }).code === 'ETIMEDOUT';
 * const group = new ExceptionGroup('two requests', [
 *   Object.assign(new Error('late'), { code: 'ETIMEDOUT' }),
 *   new RangeError('too large'),
 * ]);
 * group.subgroup(isTimeout)?.errors.length; // 1
 * group.subgroup(RangeError)?.errors.length; // 1
 */
export type ErrorMatch = (abstract new (...args: never[]) => unknown) | ((error: unknown) => boolean);

/**
 * The type of the errors that a match selects: that of the class or the type guard; `unknown` for any other predicate.
 *
 * @example
 * type Ranges = Matched<typeof RangeError>; // RangeError
 * const hasCode = (error: unknown): error is Error & { code: string } => error instanceof Error && 'code' in error;
 * type Coded = Matched<typeof hasCode>; // Error & { code: string }
 */
export type Matched<M> = M extends abstract new (...args: never[]) => infer E
  ? E
  : M extends (error: any) => error is infer E
    ? E
    : unknown;

/**
 * The type of `errors` of a group; that of AggregateError if the type of its leaves is not known.
 *
 * @example
 * const group = new ExceptionGroup('two files', [new RangeError('too large'), new RangeError('too small')]);
 * const members: GroupMembers<RangeError> = group.errors; // errors, and groups of them
 * for (const member of members) console.log(member.message);
 */
export type GroupMembers<E> = unknown extends E ? AggregateError['errors'] : (E | ExceptionGroup<E>)[];

/** The beginning of the message of a group, before the list of its errors, for their number. */
export type Headline = (count: number) => string;

const inspect = Symbol.for('nodejs.util.inspect.custom');

/** The depth up to which `console.log` shows a group. The default is two, and each group takes two. */
const SHOWN_DEPTH = 10;

/**
 * Several errors that happened side by side. A nursery throws it when its body or tasks fail. Groups nest as nurseries do;
 * `split`, `subgroup` and `leaves` look into all levels.
 *
 * The message of a nursery's group lists its errors, shortened: `2 tasks failed: TypeError: x; RangeError: y`.
 *
 * @typeParam E the type of its leaves
 * @example
 * try {
 *   await openNursery((nursery) => {
 *     nursery.startSoon(() => Promise.reject(new RangeError('too large')));
 *     nursery.startSoon(() => Promise.reject(new RangeError('too small')));
 *   });
 * } catch (error) {
 *   await handleGroup(error, [RangeError, (group) => console.error(group.leaves())]);
 * }
 */
export class ExceptionGroup<E = unknown> extends AggregateError {
  static {
    this.prototype.name = 'ExceptionGroup';
    Object.defineProperty(this.prototype, groupBrand, { value: true });
    Object.defineProperty(this.prototype, inspect, { value: showDeeper });
  }

  /** @internal Makes a group whose message lists its errors. */
  static listing<E>(headline: Headline, errors: readonly (E | ExceptionGroup<E>)[]): ExceptionGroup<E> {
    // A scope is about to absorb it, so its message is never read.
    if (errors.every(isCancelled)) return withoutStack((all) => new ExceptionGroup('all was cancelled', all), errors);
    const list = describeLeaves(errors, (error) => (#list in error ? error.#list : undefined));
    const group = new ExceptionGroup(`${headline(errors.length)}: ${list.join('; ')}`, errors);
    group.#headline = headline;
    group.#list = list;
    return group;
  }

  /** The beginning of a message that lists the errors, from which the message of a part of the group is made. */
  #headline: Headline | undefined = undefined;
  /** The list in the message, for the messages of groups around this one. */
  #list: readonly string[] | undefined = undefined;

  /** The errors and groups in it, as they are nested. */
  declare errors: GroupMembers<E>;

  /** @throws {RangeError} when there is no error in it. */
  constructor(message: string, errors: Iterable<E | ExceptionGroup<E>>, options?: ErrorOptions) {
    super(errors, message, options);
    if (this.errors.length === 0) throw new RangeError('ExceptionGroup: a group needs at least one error');
  }

  /** The part that matches and the rest, each with the nesting of the group; `undefined` for an empty part. */
  split<const M extends ErrorMatch>(
    match: M,
  ): [matched: ExceptionGroup<Matched<M>> | undefined, rest: ExceptionGroup<E> | undefined] {
    const matches = toPredicate(match);
    const [matched, rest] = foldErrors<Parts>(this, {
      membersOf: (error) => (isExceptionGroup(error) && matches(error) ? undefined : membersOf(error)),
      leaf: (error) => (matches(error) ? [[error], []] : [[], [error]]),
      join: joinParts,
      again: (known) => known ?? [[], []],
    });
    return [matched[0], rest[0]] as [ExceptionGroup<Matched<M>> | undefined, ExceptionGroup<E> | undefined];
  }

  /** The part that matches, or `undefined`. */
  subgroup<const M extends ErrorMatch>(match: M): ExceptionGroup<Matched<M>> | undefined {
    return this.split(match)[0];
  }

  /** A group with other errors and the same cause, stack and message. A message that lists the errors is adapted. */
  derive<F = E>(errors: Iterable<F | ExceptionGroup<F>>): ExceptionGroup<F> {
    const headline = this.#headline;
    return inPlaceOf(
      this,
      headline === undefined
        ? new ExceptionGroup<F>(this.message, errors)
        : ExceptionGroup.listing(headline, [...errors]),
    );
  }

  /**
   * The errors without the groups around them, in the order of the tree. A group that occurs several times counts once.
   */
  leaves(): E[] {
    return leavesOf(this) as E[];
  }

  /** The group as plain data, for logs: the tree of its errors, each with name, message and code. */
  toJSON(): PlainError {
    return plainError(this);
  }
}

/** The leaves of an ExceptionGroup of any copy of this library; any other value is its own only leaf. */
export function leavesOf(error: unknown): unknown[] {
  const leaves: unknown[] = [];
  foldErrors<undefined>(error, {
    membersOf,
    leaf: (leaf) => void leaves.push(leaf),
    join: () => undefined,
    again: () => undefined,
  });
  return leaves;
}

type Parts = readonly [matched: unknown[], rest: unknown[]];

function joinParts(group: ExceptionGroup, parts: Parts[]): Parts {
  const matched = parts.flatMap((part) => part[0]);
  const rest = parts.flatMap((part) => part[1]);
  if (matched.length === 0) return [[], [group]];
  if (rest.length === 0) return [[group], []];
  return [[group.derive(matched)], [group.derive(rest)]];
}

function showDeeper(
  this: ExceptionGroup,
  depth: number | null,
  options: object,
  show?: (value: unknown, options: object) => string,
): unknown {
  if (typeof show !== 'function') return this.stack;
  return show(this, { ...options, depth: depth === null ? null : Math.max(depth, SHOWN_DEPTH), customInspect: false });
}

/** Makes a predicate of a match. A class matches its instances, `Error` also those of another realm. */
export function toPredicate(match: ErrorMatch): (error: unknown) => boolean {
  if (match === Error) return isError;
  if (!isErrorClass(match)) return match as (error: unknown) => boolean;
  return (error) => {
    try {
      return error instanceof match;
    } catch {
      // It cannot be read, for instance a revoked proxy.
      return false;
    }
  };
}

// Recognizes the built-in error classes of other realms by their prototypes.
function isErrorClass(match: ErrorMatch): match is abstract new (...args: never[]) => unknown {
  const { prototype } = match as { readonly prototype?: unknown };
  if (typeof prototype === 'object' && prototype !== null && 'message' in prototype) return true;
  return Function.prototype.toString.call(match).startsWith('class');
}
