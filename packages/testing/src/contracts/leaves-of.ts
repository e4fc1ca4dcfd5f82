/**
 * The errors in a group of errors, and in the groups in it; an error that is not a group is the only one. The errors come
 * from streams of all kinds: a group may hold itself, or the same group many times, and may not let itself be read.
 */
export function leavesOf(error: unknown): unknown[] {
  const leaves: unknown[] = [];
  const seen = new Set<unknown>();
  const left = [error];
  while (left.length > 0) {
    const next = left.pop();
    const members = membersOf(next);
    if (members === undefined) leaves.push(next);
    else if (!seen.has(next)) {
      seen.add(next);
      left.push(...members.toReversed());
    }
  }
  return leaves.length > 0 ? leaves : [error];
}

function membersOf(error: unknown): unknown[] | undefined {
  try {
    const members = (error as { errors?: unknown } | null | undefined)?.errors;
    return Array.isArray(members) && members.length > 0 ? Array.from<unknown>(members) : undefined;
  } catch {
    return undefined;
  }
}
