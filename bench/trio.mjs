// Trio itself, when python3 has it: the same workloads in a process of their own, so compare its figures loosely.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** @returns {{ version: string, nanoseconds: Record<string, number> } | undefined} */
export function measureTrio() {
  const { status, stdout } = spawnSync('python3', [fileURLToPath(new URL('trio/workloads.py', import.meta.url))], {
    encoding: 'utf8',
  });
  return status === 0 ? JSON.parse(stdout) : undefined;
}
