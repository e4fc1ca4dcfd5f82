import type { NotedClaims } from '../protocol/noted-claims.ts';
import type { Post } from '../protocol/outbox.ts';
import type { SharedClaims } from '../protocol/shared-claims.ts';

/** How a worker ended. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The uncaught error that ended a thread, or the reason why a process could not be started. */
  readonly error: unknown;
  readonly outOfMemory: boolean;
}

/** Receives the reports of a link. */
export interface LinkEvents {
  batch(batch: unknown[]): void;
  /** The last event. */
  exit(exit: WorkerExit): void;
}

/** The connection to a worker, whatever kind it has. */
export interface WorkerLink {
  readonly post: Post;
  /** Of threads. */
  readonly shared: SharedClaims | undefined;
  /** Of processes. */
  readonly noted: NotedClaims | undefined;
  /** Whether it keeps this process alive. */
  hold(holds: boolean): void;
  /** Ends it without asking. */
  kill(): void;
}

/** How a worker is started. */
export interface LinkOptions {
  readonly execArgv: readonly string[] | undefined;
  readonly env: NodeJS.ProcessEnv | undefined;
  readonly resourceLimits: WorkerLimits | undefined;
  readonly ignoresOutput: boolean;
}

/**
 * The memory of a worker, as `node:worker_threads` takes it; of a process, the size of the old generation counts.
 *
 * @example
 * const limits: WorkerLimits = { maxOldGenerationSizeMb: 128, stackSizeMb: 8 };
 * await openWorkers({ resourceLimits: limits }, async () => undefined);
 */
export interface WorkerLimits {
  readonly maxOldGenerationSizeMb?: number;
  readonly maxYoungGenerationSizeMb?: number;
  readonly codeRangeSizeMb?: number;
  readonly stackSizeMb?: number;
}
