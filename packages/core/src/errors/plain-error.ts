import { describeError } from './is-error.ts';
import { membersOf } from './is-exception-group.ts';

/** An error as plain data. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  /** Its code, where it has one. */
  readonly code?: string | number;
  /** What is in a group; not there for one that stands in the tree a second time, or very deep. */
  readonly errors?: readonly PlainError[];
}

/** Deeper groups are not shown: `JSON.stringify` recurses, and nobody reads so far. */
const DEEPEST = 20;

/** Makes plain data of an error, and of the tree of a group. Never throws, and what it returns has no cycles. */
export function plainError(error: unknown, depth = 0, seen: Set<unknown> = new Set()): PlainError {
  const plain: { -readonly [K in keyof PlainError]: PlainError[K] } = { name: 'Error', message: describeError(error) };
  try {
    const { name, message, code } = error as Record<keyof PlainError, unknown>;
    if (typeof message === 'string') Object.assign(plain, { name: String(name), message });
    if (typeof code === 'string' || typeof code === 'number') plain.code = code;
  } catch {
    // It cannot be read; its description says so.
  }
  const members = depth > DEEPEST || seen.has(error) ? undefined : membersOf(error);
  seen.add(error);
  if (members !== undefined) plain.errors = members.map((member) => plainError(member, depth + 1, seen));
  return plain;
}
