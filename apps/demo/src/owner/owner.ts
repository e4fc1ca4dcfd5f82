import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

// A process that is killed leaves its files behind, and the next one of its kind removes them. So their names, or what stands
// in them, say whose they are: where a process is known by its number (a machine; in Linux a namespace, as containers have),
// the number, and when it began, because numbers are used again. What is from other places is left alone: its owner may be
// alive there.

const unknown = 0;
const place = createHash('sha256').update(`${hostname()} ${namespace()}`).digest('hex').slice(0, 8);
const pattern = /^([\da-f]{8})-(\d+)-(\d+)(?!\d)/;

/** Stands for this process: letters, digits and hyphens. */
export const owner: string = `${place}-${process.pid}-${startOf(process.pid) ?? unknown}`;

/** Whether the process is known to have ended that a text begins with. */
export function hasEnded(text: string): boolean {
  const [, where, pid, began] = pattern.exec(text) ?? [];
  if (where !== place) return false;
  const start = startOf(Number(pid));
  if (start === undefined) return true;
  return start !== unknown && Number(began) !== unknown && start !== Number(began);
}

/** When a process began, in ticks since the machine did, if that can be known; `undefined` when there is no such process. */
function startOf(pid: number): number | undefined {
  if (!isThere(pid)) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program is in parentheses, and may contain anything. Behind it are numbers; this is field 22 of proc(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    // No Linux, or it hides other users' processes.
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
