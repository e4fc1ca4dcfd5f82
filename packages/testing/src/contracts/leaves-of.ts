/**
 * The errors in a group of errors and in its nested groups, in order; for any other error, only that one. The errors come from
 * foreign streams, so a group may contain itself, contain another group many times, or throw when it is read.
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
