import { inspect } from 'node:util';
import { describeError, isError } from '@tercet/core/lowlevel';

/** Errors nested deeper than this are not shown. */
const DEEPEST = 50;

/**
 * Formats an error for a reader: message and stack of each error, the members of a group as branches below it, and each cause
 * below the error it has caused. Frames of Node's own code are left out. An error that occurs several times is shown once.
 *
 * Never throws: of an error with throwing getters, it shows what can be read.
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
  // The stack of a group shows only where it was assembled; the stacks of its members show what has failed.
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

/** Reads a value through a getter or a proxy, which may throw. */
function read<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

// Even a check of its class calls into a proxy.
function isReadableError(error: unknown): error is Error {
  return read(() => isError(error), false);
}
