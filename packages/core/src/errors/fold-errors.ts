/** How something is made of a tree of errors. */
export interface ErrorFold<R> {
  /** What is in a group, as a list that does not change; `undefined` for a leaf. */
  membersOf(error: unknown): readonly unknown[] | undefined;
  /** Makes something of a leaf. */
  leaf(error: unknown): R;
  /** Makes something of a group and of what its members became. */
  join(whole: never, results: R[]): R;
  /**
   * Makes something of a group that stands in the tree a second time.
   *
   * @param known what it became the first time; `undefined` when it stands inside itself.
   */
  again(known: R | undefined): R;
}

/** A group on the way from the outermost one down to the error at hand. */
interface Level<R> {
  readonly whole: unknown;
  readonly members: readonly unknown[];
  /** Of the members that are done; the next one is at hand. */
  readonly results: R[];
}

/**
 * Makes something of a tree of errors, from its leaves up.
 *
 * Nurseries may be nested by the thousand, and so the groups that they make: no recursion. And what is thrown may be
 * anything: each group is walked once, however often it stands in the tree, and a group inside itself ends there.
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

/** Lets an error stand in for another one: with its stack, and its cause if it has one. */
export function inPlaceOf<E extends Error>(original: Error, replacement: E): E {
  const { name, message } = replacement;
  for (const key of ['stack', 'cause'] as const) {
    if (!(key in original)) continue;
    let value = original[key];
    // A stack begins with the message, which may be another one now.
    if (key === 'stack' && original.message !== message)
      value = String(value).replace(`${name}: ${original.message}`, () => `${name}: ${message}`);
    Object.defineProperty(replacement, key, { value, writable: true, configurable: true });
  }
  return replacement;
}
