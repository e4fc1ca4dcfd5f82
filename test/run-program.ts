import { execFileSync } from 'node:child_process';
import { root } from './workspaces.ts';

/** Real milliseconds, for programs that hang: while this process waits for one, jest's own time limits do not run. */
const LIMIT = 100_000;

/**
 * Runs Node with these arguments in the root of the repository.
 *
 * @returns what it prints to standard output; its standard error goes to ours.
 * @throws when it fails, or has not ended after 100 seconds.
 */
export function runProgram(...args: readonly string[]): string {
  const limits = { timeout: LIMIT, killSignal: 'SIGKILL' } as const;
  return execFileSync(process.execPath, args, { ...limits, cwd: root, encoding: 'utf8' });
}
