import { readFileSync, readdirSync } from 'node:fs';
import { InternalError } from '@tercet/core';

/**
 * Sends a signal to every process of the group that `leader` leads. Signal 0 sends nothing and only checks that the group exists.
 * Not for Windows, which has no groups: see `endTree`.
 *
 * @returns false when the group has no members left.
 */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  // kill(-0) would reach the caller's own group, and kill(-1) every process of the user.
  if (!Number.isSafeInteger(leader) || leader <= 1)
    throw new InternalError(`${leader} is not the leader of a process group`);
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // macOS reports a group with nothing but zombies as one that may not be signalled.
    if (code === 'ESRCH' || (code === 'EPERM' && process.platform === 'darwin')) return false;
    throw error;
  }
}

/**
 * Whether any process of the group is still running.
 *
 * A zombie, a process that has ended and was not reaped by its parent, still counts as a member for the system. In a container
 * whose first process does not reap orphans, it stays one for ever. On Linux, `/proc` shows which members are zombies.
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
  // The name is in parentheses and may contain any character, including parentheses.
  const [state, , group] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { state, group: Number(group) };
}
