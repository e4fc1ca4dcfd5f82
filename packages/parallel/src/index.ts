/**
 * Work on other threads and in other processes, as operations of the calling task.
 *
 * @packageDocumentation
 */

export { remote } from './naming/remote.ts';
export type { Fn, Remote, RemoteFunction } from './naming/remote-function.ts';
export { transfer } from './boundary/transfer.ts';
export type { Transferable } from './boundary/transfer.ts';

export { runInWorker, withWorkers } from './lifetimes/run-in-worker.ts';
export { openWorkers } from './lifetimes/open-workers.ts';
export { configureDefaultWorkers, currentDefaultWorkerLimiter } from './lifetimes/default-workers.ts';
export type { WorkerOptions } from './workers/worker-options.ts';
export type { WorkerLimits } from './workers/worker-link.ts';

export type { CallOptions, Executor, MapOptions } from './calling/executor.ts';
export type { OnCancel } from './pool/call.ts';
export type { ExecutorStatistics } from './pool/pool-statistics.ts';

export { registerError } from './boundary/error-registry.ts';
export type { ErrorClass, ErrorCodec } from './boundary/error-registry.ts';
export { RemoteError } from './boundary/remote-error.ts';
export { BrokenWorkerError } from './workers/broken-worker-error.ts';
export type { BrokenReason, BrokenWorkerDetails } from './workers/broken-worker-error.ts';
