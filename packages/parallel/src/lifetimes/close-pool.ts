import { shielded } from '@tercet/core';
import { runOutside } from '@tercet/core/lowlevel';
import type { Pool } from '../pool/pool.ts';
import { BrokenWorkerError } from '../workers/broken-worker-error.ts';

/** Milliseconds that a worker always has for its own end, on a busy machine: a short grace is meant for jobs. */
const LEAST_GRACE = 500;

/**
 * Ends a pool: waits for its calls, then asks its workers to leave, and kills those that have not left within the grace. No
 * cancellation reaches it, and no worker is alive when it has returned.
 *
 * @returns what has gone wrong.
 */
export async function closePool(pool: Pool): Promise<BrokenWorkerError[]> {
  pool.close();
  let killed: string[] = [];
  await shielded(async () => {
    while (pool.pendingCalls > 0) await pool.waitForChange();
    pool.dismissIdle();
    const grace = Math.max(pool.options.grace, LEAST_GRACE);
    const timer = afterGrace(grace, () => (killed = pool.killAll()));
    while (pool.livingWorkers > 0) await pool.waitForChange();
    clearTimeout(timer);
  });
  return killed.length === 0 ? pool.failures : [...pool.failures, killedError(killed)];
}

function afterGrace(grace: number, fn: () => void): ReturnType<typeof setTimeout> | undefined {
  return grace === Infinity ? undefined : runOutside(() => setTimeout(fn, Math.min(grace, 2 ** 31 - 1)));
}

function killedError(names: readonly string[]): BrokenWorkerError {
  const [first = 'a worker'] = names;
  const workers = names.length === 1 ? first : `${names.length} workers (${names.join(', ')})`;
  return new BrokenWorkerError(`${workers} did not leave within the grace, and had to be killed`, {
    worker: names.join(', '),
    exitCode: null,
    signal: null,
    started: false,
    reason: 'grace',
  });
}
