/**
 * Stream pipelines on tasks and channels: bounded, ordered, cancellable, with errors at their place.
 *
 * @packageDocumentation
 */

export { pipeline } from './flows/pipeline.ts';
export { section } from './flows/section.ts';
export { Flow } from './flows/flow.ts';
export type { ForEachOptions, NotIterable } from './flows/flow.ts';
export type { SendToOptions, Target } from './flows/send-to.ts';
export type { Section, WhenFull } from './describing/section.ts';
export type { FlowSource, Source } from './describing/source.ts';
export type { Combiner } from './describing/combiner.ts';
export type { Executor, RemoteFunction } from './describing/executor.ts';

export { map } from './sections/map.ts';
export type { MapOptions } from './sections/map.ts';
export { filter } from './sections/filter.ts';
export { tap } from './sections/tap.ts';
export { flatMap, flatten } from './sections/flatten.ts';
export type { FlatMapOptions } from './sections/flatten.ts';
export { take, takeWhile } from './sections/take.ts';
export { skip, skipWhile } from './sections/skip.ts';
export { changes } from './sections/changes.ts';
export type { ChangesOptions } from './sections/changes.ts';
export { distinct } from './sections/distinct.ts';
export type { DistinctOptions } from './sections/distinct.ts';
export { pairwise, scan } from './sections/scan.ts';
export { batch } from './sections/batch.ts';
export type { BatchOptions } from './sections/batch.ts';
export { window } from './sections/window.ts';
export type { WindowOptions } from './sections/window.ts';
export { delay } from './sections/delay.ts';
export type { DelayOptions } from './sections/delay.ts';
export { rateLimit } from './sections/rate-limit.ts';
export type { RateLimitOptions } from './sections/rate-limit.ts';
export { debounce, throttle } from './sections/debounce.ts';
export { timeout } from './sections/timeout.ts';
export type { TimeoutKind } from './sections/timeout.ts';
export { buffer } from './sections/buffer.ts';
export type { BufferOptions } from './sections/buffer.ts';
export { repeat } from './sections/repeat.ts';
export type { RepeatOptions } from './sections/repeat.ts';
export { metronome } from './sections/metronome.ts';
export type { MetronomeOptions } from './sections/metronome.ts';
export { append, insert, orElse } from './sections/insert.ts';
export { retry } from './sections/retry.ts';
export type { RetryOptions } from './sections/retry.ts';
export { onError } from './sections/on-error.ts';
export type { ErrorHandling, FailedItem } from './sections/on-error.ts';
export { checkpointed } from './sections/checkpointed.ts';
export type { CheckpointOptions } from './sections/checkpointed.ts';
export { meter } from './sections/meter.ts';
export type { MeterMessage } from './sections/meter.ts';

export { chain } from './combining/chain.ts';
export { merge } from './combining/merge.ts';
export type { MergeOptions } from './combining/merge.ts';
export { interleave, zip } from './combining/zip.ts';
export { zipLatest } from './combining/zip-latest.ts';
export type { ZipLatestOptions } from './combining/zip-latest.ts';
export { race } from './combining/race.ts';
export type { ItemOf, ItemsOf, Placement, Sources } from './combining/sources.ts';
export { partition } from './splitting/partition.ts';
export type { PartitionOptions } from './splitting/partition.ts';
export { broadcast, route } from './splitting/route.ts';
export type { OutputOf } from './splitting/route.ts';

export { openPipeline } from './tapping/open-pipeline.ts';
export type { PipelineOptions } from './tapping/open-pipeline.ts';
export { Pipeline } from './tapping/pipeline.ts';
export type { TapOptions } from './tapping/pipeline.ts';
export { TapChannel, TapOverflowError } from './tapping/tap-channel.ts';
export type { TapStatistics } from './tapping/tap-channel.ts';
export type { SectionStatistics } from './running/meters.ts';

export { taskSection } from './sections/task-section.ts';
export type { SectionBody } from './sections/task-section.ts';
export { workerSection } from './sections/worker-section.ts';
export type { WorkerSectionOptions } from './sections/worker-section.ts';
export { weld } from './flows/weld.ts';
export { closing } from './flows/closing.ts';

export { decode, encode } from './bytes/text.ts';
export { lines, ndjson, split } from './bytes/split.ts';
export type { SplitLimit } from './bytes/split.ts';
export { frames } from './bytes/frames.ts';
export type { FrameOptions } from './bytes/frames.ts';
export { toReadable, toWebReadable } from './bytes/to-readable.ts';
