/**
 * For the functions that run in workers: whether the caller has been cancelled, progress, and where they are. Small, and safe
 * to import anywhere: outside of a worker nothing is requested, and reports go nowhere.
 *
 * @packageDocumentation
 */

import { CancelRequestedError } from './serving/cancel-requested-error.ts';
import { findParent } from './serving/parent.ts';
import { Server } from './serving/server.ts';
import { currentJob, workerState } from './serving/worker-state.ts';
import type { WorkerInfo } from './serving/worker-state.ts';

export { transfer } from './boundary/transfer.ts';
export type { Transferable } from './boundary/transfer.ts';
export { registerError } from './boundary/error-registry.ts';
export type { ErrorClass, ErrorCodec } from './boundary/error-registry.ts';
export type { WorkerInfo } from './serving/worker-state.ts';

/**
 * Whether the caller of the job that runs now has been cancelled. For loops that compute and never wait: ask from time to
 * time, and return or throw. In a thread the answer turns true while the loop runs; in a process only while the event loop
 * turns, since the two share no memory. A value that is returned after that is kept.
 *
 * Costs some 50 ns.
 *
 * @example
 * for (const row of rows) { if (cancelRequested()) return undefined; use(row); }
 */
export function cancelRequested(): boolean {
  return currentJob()?.isAsked() === true;
}

/**
 * Throws when the caller of the job that runs now has been cancelled: `Cancelled`, which ends the job.
 *
 * @throws {Cancelled} when the caller has been cancelled.
 */
export function throwIfCancelRequested(): void {
  if (cancelRequested()) throw new CancelRequestedError();
}

/**
 * Tells the caller's `onProgress` how far the job has got. Never blocks; when reports come faster than they are taken, the
 * latest counts, and the last one always arrives.
 *
 * @param progress anything that can be cloned.
 */
export function report(progress: unknown): void {
  currentJob()?.report(progress);
}

/** The worker in which this runs, or `undefined` elsewhere. */
export function workerInfo(): WorkerInfo | undefined {
  const { info } = workerState;
  return info === undefined ? undefined : { ...info };
}

// As the program of a worker. A second copy, in a bundle with the jobs, finds that the first one serves.
if (!workerState.serving) {
  const parent = findParent();
  if (parent !== undefined) {
    workerState.serving = true;
    new Server(parent);
  }
}
