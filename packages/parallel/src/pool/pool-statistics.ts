import { createHistogram } from 'node:perf_hooks';
import type { Histogram, RecordableHistogram } from 'node:perf_hooks';

/**
 * Numbers about the workers of an executor at this moment.
 *
 * @example
 * const show = ({ running, queued, runTime }: ExecutorStatistics): string =>
 *   `${running} jobs, ${queued} wait; most take less than ${runTime.percentile(90) / 1e6} ms`;
 * await openWorkers({ max: 1 }, async (workers) => console.log(show(workers.statistics())));
 */
export interface ExecutorStatistics {
  /** Workers that wait for jobs. */
  readonly idle: number;
  /** Workers that run one. */
  readonly running: number;
  /** Calls that have not begun, whether they have been sent to a worker or not. */
  readonly queued: number;
  /** Workers that have become ready. */
  readonly started: number;
  /** Of these, workers that have left as they were told to, or because they were idle or retired. */
  readonly retired: number;
  /** Of these, workers that died, or were killed. */
  readonly broken: number;
  /** How long jobs ran, in nanoseconds. */
  readonly runTime: Histogram;
  /** How long calls waited before their jobs began, in nanoseconds. */
  readonly waitTime: Histogram;
}

/** A worker as its statistics see it. */
interface CountedWorker {
  readonly state: string;
  readonly calls: ReadonlyMap<number, unknown>;
}

/** The counters of a pool. */
export class Counters {
  started = 0;
  retired = 0;
  broken = 0;
  readonly runTime: RecordableHistogram = createHistogram();
  readonly waitTime: RecordableHistogram = createHistogram();

  /** A job has ended. @param waited milliseconds. */
  took(microseconds: number, waited: number): void {
    this.runTime.record(Math.max(1, Math.round(microseconds * 1000)));
    this.waitTime.record(Math.max(1, Math.round(waited * 1e6)));
  }
  /** @param waiting number of calls that have not been sent to a worker. */
  statistics(workers: Iterable<CountedWorker>, waiting: number): ExecutorStatistics {
    let idle = 0;
    let running = 0;
    let queued = waiting;
    for (const { state, calls } of workers) {
      if (state === 'idle') idle++;
      else if (state === 'busy' || state === 'leaving') running++;
      if (calls.size > 1) queued += calls.size - 1;
    }
    const { started, retired, broken, runTime, waitTime } = this;
    return { idle, running, queued, started, retired, broken, runTime, waitTime };
  }
}
