import { TercetError } from '@tercet/core';

/**
 * Why a worker was lost: it ended by itself (`exit`), ran out of memory (`memory`), could not begin (`start`), its `retire`
 * failed (`retire`), or it did not leave in time and was killed (`grace`).
 *
 * @example
 * const worthAnotherTry: readonly BrokenReason[] = ['exit', 'memory'];
 * const isWorthIt = (error: unknown): boolean =>
 *   error instanceof BrokenWorkerError && worthAnotherTry.includes(error.reason);
 */
export type BrokenReason = 'exit' | 'memory' | 'start' | 'retire' | 'grace';

/**
 * The facts about a lost worker.
 *
 * @example
 * // For tests of code that handles lost workers.
 * const details: BrokenWorkerDetails = {
 *   worker: 'worker process 1',
 *   exitCode: null,
 *   signal: 'SIGKILL',
 *   started: true,
 *   reason: 'exit',
 * };
 * new BrokenWorkerError('worker process 1 was killed', details).signal; // 'SIGKILL'
 */
export interface BrokenWorkerDetails {
  readonly worker: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly started: boolean | 'unknown';
  readonly reason: BrokenReason;
}

/**
 * A worker was lost, and with it the job that it ran. Other jobs go on: those that it had not begun are run elsewhere.
 *
 * @example
 * const node = remote<typeof import('node:process')>('node:process');
 * try {
 *   await openWorkers({ kind: 'process', max: 1 }, (workers) => workers.run(node.abort));
 * } catch (error) {
 *   const broken = soleError(error);
 *   if (!(broken instanceof BrokenWorkerError)) throw error;
 *   console.log(broken.worker, broken.reason, broken.signal ?? broken.exitCode);
 * }
 */
export class BrokenWorkerError extends TercetError {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'BrokenWorkerError', writable: true, configurable: true });
  }

  /** Its name: `worker thread 2`. */
  readonly worker: string;
  /** The exit code; `null` when a signal ended it, or when it is not known. */
  readonly exitCode: number | null;
  /** The signal that ended a process. */
  readonly signal: string | null;
  /** Whether the job of this call had begun. */
  readonly started: boolean | 'unknown';
  readonly reason: BrokenReason;

  /** Made by executors. */
  constructor(message: string, details: BrokenWorkerDetails, options?: ErrorOptions) {
    super(message, options);
    this.worker = details.worker;
    this.exitCode = details.exitCode;
    this.signal = details.signal;
    this.started = details.started;
    this.reason = details.reason;
  }
}
