import { BrokenWorkerError } from '../workers/broken-worker-error.ts';
import type { BrokenReason } from '../workers/broken-worker-error.ts';
import type { WorkerExit } from '../workers/worker-link.ts';

interface Lost {
  readonly name: string;
  readonly kind: 'thread' | 'process';
}

interface Circumstances {
  readonly started: boolean | 'unknown';
  readonly exit?: WorkerExit;
  readonly reason?: BrokenReason;
  readonly cause?: unknown;
}

/** The error for a call that was lost with its worker. */
export function brokenError(
  { name }: Lost,
  { started, exit, reason = reasonOf(exit), cause = exit?.error }: Circumstances,
): BrokenWorkerError {
  return new BrokenWorkerError(
    `${name} ${howItEnded(reason, exit)}${whatWasLost(reason, started)}`,
    { worker: name, exitCode: exit?.code ?? null, signal: exit?.signal ?? null, started, reason },
    cause === undefined ? undefined : { cause },
  );
}

/** The error for a worker that could not begin. */
export function startError(worker: Lost, cause: unknown, exit?: WorkerExit): BrokenWorkerError {
  return brokenError(worker, { started: false, reason: 'start', cause, ...(exit === undefined ? {} : { exit }) });
}

function reasonOf(exit: WorkerExit | undefined): BrokenReason {
  return exit?.outOfMemory === true ? 'memory' : 'exit';
}

function whatWasLost(reason: BrokenReason, started: boolean | 'unknown'): string {
  if (started === 'unknown' || (reason !== 'exit' && reason !== 'memory')) return '';
  // A job that has not begun runs elsewhere, unless a part of it is lost.
  return started ? ' while it ran this job' : ' before it began this job, with the memory that had been moved to it';
}

function howItEnded(reason: BrokenReason, exit: WorkerExit | undefined): string {
  switch (reason) {
    case 'memory':
      return 'ran out of memory';
    case 'start':
      return 'could not be started';
    case 'retire':
      return 'is lost, because its retire function threw';
    case 'grace':
      return 'did not leave in time, and was killed';
    case 'exit':
      if (exit?.signal != null) return `was ended by ${exit.signal}`;
      return exit?.error === undefined ? `exited with code ${exit?.code}` : 'was ended by an uncaught error';
  }
}
