/** How a result is computed from a tree of errors. */
export interface ErrorFold<R> {
  /** The members of a group, as a list that does not change; `undefined` for a leaf. */
  membersOf(error: unknown): readonly unknown[] | undefined;
  /** The result for a leaf. */
  leaf(error: unknown): R;
  /** The result for a group, from the results of its members. */
  join(whole: never, results: R[]): R;
  /**
   * The result for a group that occurs again in the tree.
   *
   * @param known its first result; `undefined` when it occurs inside itself.
   */
  again(known: R | undefined): R;
}

/** A group on the path from the outermost group to the current error. */
interface Level<R> {
  readonly whole: unknown;
  readonly members: readonly unknown[];
  /** The results of the members that are done. The next member is the current one. */
  readonly results: R[];
}

/**
 * Computes a result from a tree of errors, from the leaves up.
 *
 * Nurseries, and so groups, may be nested by the thousand: no recursion. The tree may be any object that is thrown: each group
 * is walked once, however often it occurs, and a group that contains itself is not walked again.
 */
export function foldErrors<R>(error: unknown, fold: ErrorFold<R>): R {
  const outermost = fold.membersOf(error);
  if (outermost === undefined) return fold.leaf(error);
  const known = new Map<unknown, R | undefined>([[error, undefined]]);
  const levels: Level<R>[] = [{ whole: error, members: outermost, results: [] }];
  for (;;) {
    const { whole, members, results } = levels.at(-1)!;
    if (results.length < members.length) {
      const member = members[results.length];
      if (known.has(member)) {
        results.push(fold.again(known.get(member)));
        continue;
      }
      const inner = fold.membersOf(member);
      if (inner === undefined) results.push(fold.leaf(member));
      else {
        known.set(member, undefined);
        levels.push({ whole: member, members: inner, results: [] });
      }
    } else {
      levels.pop();
      const joined = fold.join(whole as never, results);
      const outer = levels.at(-1);
      if (outer === undefined) return joined;
      known.set(whole, joined);
      outer.results.push(joined);
    }
  }
}

/** Gives an error the stack, and the cause if there is one, of the error that it replaces. */
export function inPlaceOf<E extends Error>(original: Error, replacement: E): E {
  const { name, message } = replacement;
  for (const key of ['stack', 'cause'] as const) {
    if (!(key in original)) continue;
    let value = original[key];
    // A stack begins with the message, which may have changed.
    if (key === 'stack' && original.message !== message)
      value = String(value).replace(`${name}: ${original.message}`, () => `${name}: ${message}`);
    Object.defineProperty(replacement, key, { value, writable: true, configurable: true });
  }
  return replacement;
}
