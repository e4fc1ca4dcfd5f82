import { describeError } from './is-error.ts';
import { membersOf } from './is-exception-group.ts';

/**
 * An error as plain data.
 *
 * @example
 * const group = new ExceptionGroup('two requests', [new RangeError('too large'), new TypeError('not a number')]);
 * const plain = JSON.parse(JSON.stringify(group)) as PlainError;
 * for (const member of plain.errors ?? []) console.log(`${member.name}: ${member.message}`);
 */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  /** The code of an error that has one. */
  readonly code?: string | number;
  /** The members of a group; left out when the group occurs a second time, or very deep. */
  readonly errors?: readonly PlainError[];
}

/** The depth up to which groups are shown. `JSON.stringify` recurses. */
const DEEPEST = 20;

/** Converts an error, or the tree of a group, to plain data without cycles. Never throws. */
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
