import type { Call } from './call.ts';
import type { PooledWorker } from './pooled-worker.ts';

/** The busy worker with the fewest jobs, of those that have less than `most` and may take one more. */
export function leastLoaded(workers: Iterable<PooledWorker>, most: number): PooledWorker | undefined {
  let best: PooledWorker | undefined;
  for (const worker of workers) {
    if (worker.state !== 'busy' || worker.calls.size >= most || !worker.takesMore) continue;
    if (best === undefined || worker.calls.size < best.calls.size) best = worker;
  }
  return best;
}

/** The busy worker with the most jobs, if any has jobs ahead of the one that runs. */
export function mostLoaded(workers: Iterable<PooledWorker>): PooledWorker | undefined {
  let busiest: PooledWorker | undefined;
  for (const worker of workers) {
    if (worker.state !== 'busy' || worker.calls.size <= 1) continue;
    if (busiest === undefined || worker.calls.size > busiest.calls.size) busiest = worker;
  }
  return busiest;
}

/** The later half of the jobs that a worker has ahead: the share of a worker that has nothing to do. */
export function shareOf(worker: PooledWorker): Call[] {
  const ahead = [...worker.calls.values()].slice(1).filter((call) => !call.isEnding);
  return ahead.slice(ahead.length >> 1);
}
