import { describeError } from './is-error.ts';
import { membersOf } from './is-exception-group.ts';

/** Number of errors that are listed at most, and the depth up to which groups are looked into. */
const MOST = 5;
const DEEPEST = 20;

/**
 * Lists the leaves of some errors and groups for a message, shortened: the last entry is an ellipsis if there are more.
 *
 * @param known gives the list of a group if it has been made before, so that a group that passes through thousands of nurseries
 * is not walked again at each of them.
 */
export function describeLeaves(
  errors: readonly unknown[],
  known: (group: object) => readonly string[] | undefined,
  depth = 0,
): readonly string[] {
  const list: string[] = [];
  for (const error of errors) {
    const members = depth < DEEPEST ? membersOf(error) : undefined;
    if (members === undefined) list.push(shorten(describeError(error)));
    else list.push(...(known(error as object) ?? describeLeaves(members, known, depth + 1)));
    if (list.length > MOST) return [...list.slice(0, MOST), '…'];
  }
  return list;
}

/** The beginning of the first line. */
function shorten(text: string): string {
  const start = /^.{0,120}/.exec(text)![0];
  return start === text ? text : `${start}…`;
}
