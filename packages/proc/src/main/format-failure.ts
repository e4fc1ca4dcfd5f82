import { inspect } from 'node:util';
import { isError } from '@tercet/core/lowlevel';

/**
 * An error as a person wants to read it: text and stack of each error, the members of a group as branches below it, and
 * causes below what they caused. Frames of Node's own code are left out.
 */
export function formatFailure(error: unknown): string {
  return linesOf(error, new Set()).join('\n');
}

function linesOf(error: unknown, above: ReadonlySet<unknown>): string[] {
  if (!isError(error)) return `thrown: ${inspect(error)}`.split('\n');
  if (above.has(error)) return [`${error.name}: ${error.message} (again)`];
  const inside = new Set(above).add(error);
  const members = membersOf(error);
  // Where a group was put together says nothing, and each of its members has a stack of its own.
  const lines = members.length > 0 ? headOf(error).split('\n') : textOf(error).split('\n');
  members.forEach((member, index) => {
    const last = index === members.length - 1;
    lines.push(...branch(linesOf(member, inside), last ? '└─ ' : '├─ ', last ? '   ' : '│  '));
  });
  if (error.cause !== undefined) lines.push(...branch(linesOf(error.cause, inside), '  caused by ', '    '));
  return lines;
}

function branch(lines: readonly string[], first: string, rest: string): string[] {
  return lines.map((line, index) => (index === 0 ? first : rest) + line);
}

function membersOf(error: Error): readonly unknown[] {
  const { errors } = error as AggregateError;
  if (Array.isArray(errors)) return errors;
  if (error.name !== 'SuppressedError') return [];
  const { error: later, suppressed } = error as Error & { error?: unknown; suppressed?: unknown };
  return [later, suppressed];
}

function headOf({ name, message }: Error): string {
  return message === '' ? name : `${name}: ${message}`;
}

function textOf(error: Error): string {
  const head = headOf(error);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line) && !/\(?node:/.test(line));
  return [head, ...frames].join('\n');
}
