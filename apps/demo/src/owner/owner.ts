import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

// A killed process leaves its files behind, and the next one of its kind removes them. So their names, or their content, say
// which process owns them: the machine (on Linux, the namespace, as of a container) in which its number is known, the number,
// and when it began, because numbers are used again. Files of other machines are left alone: their owner may be alive.

const unknown = 0;
const place = createHash('sha256').update(`${hostname()} ${namespace()}`).digest('hex').slice(0, 8);
const pattern = /^([\da-f]{8})-(\d+)-(\d+)(?!\d)/;

/** Identifies this process: letters, digits and hyphens. */
export const owner: string = `${place}-${process.pid}-${startOf(process.pid) ?? unknown}`;

/** Whether the process that a text begins with is known to have ended. */
export function hasEnded(text: string): boolean {
  const [, where, pid, began] = pattern.exec(text) ?? [];
  if (where !== place) return false;
  const start = startOf(Number(pid));
  if (start === undefined) return true;
  return start !== unknown && Number(began) !== unknown && start !== Number(began);
}

/** When a process began, in ticks since the machine was started, if known; `undefined` when there is no such process. */
function startOf(pid: number): number | undefined {
  if (!isThere(pid)) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program is in parentheses, and may contain anything. Behind it are numbers; this is field 22 of proc(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    // Not Linux, or it hides the processes of other users.
    return unknown;
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
