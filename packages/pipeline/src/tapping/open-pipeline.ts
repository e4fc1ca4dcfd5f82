import { CancelScope } from '@tercet/core';
import { Flow } from '../flows/flow.ts';
import { Execution } from '../running/execution.ts';
import type { Meter } from '../running/meters.ts';
import { describe, requireCount, requireFunction } from '../sections/require.ts';
import { makePipeline } from './pipeline.ts';
import type { Pipeline, Shared } from './pipeline.ts';

/** How many of the latest items are kept for taps that come late, unless the options say otherwise. */
const HISTORY = 64;

/**
 * For `openPipeline`.
 *
 * @example
 * const options: PipelineOptions = { history: 2 };
 * await openPipeline(
 *   pipeline([1, 2, 3]),
 *   async (line) => {
 *     await using channel = line.tap({ replay: 2 });
 *     await channel.receive();
 *   },
 *   options,
 * );
 */
export interface PipelineOptions {
  /** How many of the latest items are kept for `replay`; 64 when left out. */
  readonly history?: number;
}

/**
 * Runs a flow whose items go to taps, any number of them, and gives `body` the means to attach them. When `body` returns, what
 * is left of the pipeline is cancelled and waited for; `pipeline.finished()` waits for its end.
 *
 * A checkpoint.
 *
 * @returns what `body` returns.
 * @throws {ExceptionGroup} when a section, the source, or `body` fails. @throws {Cancelled} when the surrounding scope is
 * cancelled.
 * @example
 * await openPipeline(pipeline(sensor, map(parse)), async (samples) => {
 *   const all = samples.tap({ buffer: 10 });
 *   const latest = samples.tap({ buffer: 1, whenFull: 'drop-oldest' });
 *   await openNursery((nursery) => {
 *     nursery.startSoon(store, all);
 *     nursery.startSoon(show, latest);
 *   });
 * });
 */
export async function openPipeline<T, R>(
  flow: Flow<T>,
  body: (pipeline: Pipeline<T>) => R | PromiseLike<R>,
  options: PipelineOptions = {},
): Promise<R> {
  if (!(flow instanceof Flow)) {
    throw new TypeError(
      `openPipeline(): the first argument must be a Flow, as pipeline() makes it, not ${describe(flow)}`,
    );
  }
  requireFunction('openPipeline', body);
  const history = requireCount('openPipeline', 'history', options.history ?? HISTORY, 0);
  const meters: Meter[] = [];
  const execution = new Execution(meters);
  const scope = new CancelScope();
  const shared: Shared = {
    execution,
    meters,
    history,
    taps: [],
    fail(failure) {
      execution.arrive(failure);
      scope.cancel('the pipeline has failed');
    },
  };
  let value: R | undefined;
  await execution.run(async () => {
    const pipeline = makePipeline(flow, shared);
    try {
      await scope.run(async () => {
        value = await body(pipeline);
      });
    } finally {
      shared.isOver = true;
    }
  }, 'openPipeline');
  return value as R;
}
