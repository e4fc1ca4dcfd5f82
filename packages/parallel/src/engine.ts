/**
 * Jobs for worker programs on many machines, on an existing engine: the same calls as those of workers on this one.
 *
 * @packageDocumentation
 */

export { job } from './engine/engine-job.ts';
export type { EngineJob, EngineJobOptions, EngineJobSettings } from './engine/engine-job.ts';
export { openEngine } from './engine/open-engine.ts';
export type { EngineExecutor } from './engine/engine-executor.ts';
export type { EngineCallOptions, EngineOptions, OnEngineCancel } from './engine/engine-options.ts';
export { serveJobs } from './engine/serve-jobs.ts';
export type { ServeJobsOptions } from './engine/serve-jobs.ts';
export { JobCancelledError } from './engine/job-cancelled-error.ts';

export { cloneCodec, jsonCodec } from './engine/json-codec.ts';
export type { EngineCodec } from './engine/json-codec.ts';

export { redisBackend } from './engine-redis/redis-backend.ts';
export type { RedisBackendOptions } from './engine-redis/redis-options.ts';
export { memoryBackend } from './engine-memory/memory-backend.ts';
export type { MemoryBackend, MemoryBackendOptions } from './engine-memory/memory-backend.ts';
export type {
  CancelledBy,
  EngineBackend,
  EngineCaller,
  EngineDelivery,
  EngineDisposition,
  EngineEvents,
  EngineJobInfo,
  EngineOutcome,
  EngineSubmission,
  EngineWorker,
  EngineWorkerOptions,
  Json,
} from './engine/engine-backend.ts';
