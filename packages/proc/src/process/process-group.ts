import { readFileSync, readdirSync } from 'node:fs';
import { InternalError } from '@tercet/core';

/**
 * Sends a signal to every process of the group that `leader` leads; 0 sends none, and only looks whether there is one.
 *
 * @returns false when the group has no member any more.
 */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  // kill(-0) and kill(-1) mean the caller's own group, and everybody.
  if (!Number.isSafeInteger(leader) || leader <= 1)
    throw new InternalError(`${leader} is no leader of a process group`);
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * Whether a process of the group is still running. Those that have ended stay in the table until somebody collects them,
 * which nobody may do in a container whose first process does not; on Linux the table tells them apart.
 */
export function groupIsAlive(leader: number): boolean {
  if (!signalGroup(leader, 0)) return false;
  return process.platform !== 'linux' || hasLivingMember(leader);
}

function hasLivingMember(group: number): boolean {
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    const stat = statOf(entry);
    return stat?.group === group && stat.state !== 'Z' && stat.state !== 'X';
  });
}

function statOf(pid: string): { state: string | undefined; group: number } | undefined {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name stands in parentheses and may contain anything, also parentheses.
  const [state, , group] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { state, group: Number(group) };
}
