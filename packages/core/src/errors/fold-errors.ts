/** A group on the way from the outermost one down to the error at hand. */
interface Level<R> {
  readonly whole: unknown;
  readonly members: readonly unknown[];
  /** Of the members that are done; the next one is at hand. */
  readonly results: R[];
}

/**
 * Makes something of a tree of errors, from its leaves up. Nurseries may be nested by the thousand, and so the groups that
 * they make: no recursion.
 *
 * @param membersOf what is in a group; `undefined` for a leaf.
 * @param leaf makes something of a leaf.
 * @param join makes something of a group and of what its members became.
 */
export function foldErrors<R>(
  error: unknown,
  membersOf: (error: unknown) => readonly unknown[] | undefined,
  leaf: (error: unknown) => R,
  join: (whole: never, results: R[]) => R,
): R {
  const levels: Level<R>[] = [{ whole: undefined, members: [error], results: [] }];
  for (;;) {
    const { whole, members, results } = levels.at(-1)!;
    if (results.length < members.length) {
      const member = members[results.length];
      const inner = membersOf(member);
      if (inner === undefined) results.push(leaf(member));
      else levels.push({ whole: member, members: inner, results: [] });
    } else {
      levels.pop();
      const outer = levels.at(-1);
      if (outer === undefined) return results[0]!;
      outer.results.push(join(whole as never, results));
    }
  }
}

/** Lets an error stand in for another one: with its stack, and its cause if it has one. */
export function inPlaceOf<E extends Error>(original: Error, replacement: E): E {
  for (const key of ['stack', 'cause'] as const) {
    if (key in original) {
      Object.defineProperty(replacement, key, { value: original[key], writable: true, configurable: true });
    }
  }
  return replacement;
}
