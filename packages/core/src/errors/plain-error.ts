import { describeError, isError } from './is-error.ts';
import { membersOf } from './is-exception-group.ts';

/** An error as plain data. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  /** Its code, where it has one. */
  readonly code?: string | number;
  /** What is in a group; not there for one that stands in the tree a second time, or very deep. */
  readonly errors?: readonly unknown[];
}

/** Deeper groups are not shown: `JSON.stringify` recurses, and nobody reads so far. */
const DEEPEST = 20;

/** Makes plain data of an error, and of the tree of a group. Never throws, and what it returns has no cycles. */
export function plainError(error: unknown, depth = 0, seen: Set<unknown> = new Set()): PlainError {
  const plain = readError(error);
  const members = depth > DEEPEST || seen.has(error) ? undefined : membersOf(error);
  if (members === undefined) return plain;
  seen.add(error);
  return {
    ...plain,
    errors: members.map((member) => (isError(member) ? plainError(member, depth + 1, seen) : plainValue(member))),
  };
}

function readError(error: unknown): PlainError {
  try {
    const { name, message, code } = error as { name: unknown; message: unknown; code?: unknown };
    return {
      name: String(name),
      message: String(message),
      ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    };
  } catch {
    return { name: 'Error', message: describeError(error) };
  }
}

function plainValue(value: unknown): unknown {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value) ? value : describeError(value);
}
