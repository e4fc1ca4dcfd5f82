/** The errors in a group of errors, and in the groups in it; an error that is no group is the only one. */
export function leavesOf(error: unknown): unknown[] {
  const leaves: unknown[] = [];
  const left = [error];
  while (left.length > 0) {
    const next = left.pop();
    const members = (next as { errors?: unknown } | null | undefined)?.errors;
    if (Array.isArray(members) && members.length > 0) left.push(...(members as unknown[]).toReversed());
    else leaves.push(next);
  }
  return leaves;
}
