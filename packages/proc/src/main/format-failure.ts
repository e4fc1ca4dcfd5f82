import { inspect } from 'node:util';
import { describeError, isError } from '@tercet/core/lowlevel';

/** Errors may be nested as deeply as somebody likes; nobody reads further down than this. */
const DEEPEST = 50;

/**
 * An error as a person wants to read it: text and stack of each error, the members of a group as branches below it, and
 * causes below what they caused. Frames of Node's own code are left out. An error that occurs several times is shown once.
 *
 * Never throws: an error that cannot be read is shown as far as it can be.
 */
export function formatFailure(error: unknown): string {
  return linesOf(error, new Set(), 0).join('\n');
}

function linesOf(error: unknown, shown: Set<unknown>, depth: number): string[] {
  if (!isReadableError(error)) return `thrown: ${read(() => inspect(error), describeError(error))}`.split('\n');
  const head = headOf(error);
  if (shown.has(error)) return `${head} (again)`.split('\n');
  if (depth > DEEPEST) return `${head} (and more below)`.split('\n');
  shown.add(error);
  const members = read(() => membersOf(error), []);
  // Where a group was put together says nothing, and each of its members has a stack of its own.
  const lines = [...head.split('\n'), ...(members.length > 0 ? [] : framesOf(error))];
  members.forEach((member, index) => {
    const last = index === members.length - 1;
    lines.push(...branch(linesOf(member, shown, depth + 1), last ? '└─ ' : '├─ ', last ? '   ' : '│  '));
  });
  const cause = read(() => error.cause, undefined);
  if (cause !== undefined) lines.push(...branch(linesOf(cause, shown, depth + 1), '  caused by ', '    '));
  return lines;
}

function branch(lines: readonly string[], first: string, rest: string): string[] {
  return lines.map((line, index) => (index === 0 ? first : rest) + line);
}

function membersOf(error: Error): readonly unknown[] {
  const { errors } = error as AggregateError;
  if (Array.isArray(errors)) return Array.from(errors);
  if (error.name !== 'SuppressedError') return [];
  const { error: later, suppressed } = error as Error & { error?: unknown; suppressed?: unknown };
  return [later, suppressed];
}

function headOf(error: Error): string {
  const name = read(() => String(error.name), 'Error');
  const message = read(() => String(error.message), '(its message cannot be read)');
  return message === '' ? name : `${name}: ${message}`;
}

function framesOf(error: Error): string[] {
  const stack = read(() => String(error.stack ?? ''), '');
  return stack.split('\n').filter((line) => /^\s+at /.test(line) && !/\(?node:/.test(line));
}

/** What a getter or a proxy of somebody gives, or something else when it throws. */
function read<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

// Even the question for its class is one to a proxy.
function isReadableError(error: unknown): error is Error {
  return read(() => isError(error), false);
}
