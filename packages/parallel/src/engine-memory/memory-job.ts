import type { EngineOutcome, EngineSubmission, Json } from '../engine/engine-backend.ts';
import type { MemoryCaller } from './memory-queue.ts';

/** A job in memory. It ends once, and is then kept only for its result. */
export class MemoryJob {
  submission: EngineSubmission;
  state: 'waiting' | 'delayed' | 'running' | 'ended' = 'waiting';
  /** The instant at which a delayed job may begin. */
  due = 0;
  /** The attempt that is under way, or comes next. */
  attempt = 1;
  /** Number of workers that were lost while they ran it. */
  timesLost = 0;
  progress: Json = null;
  /** The callers that wait for it. */
  readonly callers: Set<MemoryCaller> = new Set<MemoryCaller>();
  outcome: EngineOutcome | undefined = undefined;
  /** The instant until which its result is kept. */
  keptUntil = 0;

  constructor(submission: EngineSubmission) {
    this.submission = submission;
  }

  get id(): string {
    return this.submission.id;
  }
}
