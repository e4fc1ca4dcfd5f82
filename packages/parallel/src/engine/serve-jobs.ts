import { abandonable, openNursery, shielded, sleepForever, TASK_STATUS_IGNORED, untilShutdown } from '@tercet/core';
import type { TaskStatus } from '@tercet/core';
import { currentTask } from '@tercet/core/lowlevel';
import type { Executor } from '../calling/executor.ts';
import { isRemote } from '../naming/remote-function.ts';
import type { Fn } from '../naming/remote-function.ts';
import { count } from '../workers/worker-options.ts';
import { letReportsFindDeliveries } from './current-delivery.ts';
import { checkEngineOptions } from './engine-options.ts';
import type { EngineOptions } from './engine-options.ts';
import { JobServer } from './job-server.ts';
import type { ServedFunction } from './job-server.ts';

/**
 * For `serveJobs`.
 *
 * @example
 * const options: ServeJobsOptions = {
 *   backend: memoryBackend(),
 *   queue: 'images',
 *   concurrency: 4,
 *   jobs: { resize: async (file: string, width: number) => `${file}@${width}` },
 * };
 * await moveOnAfter(5, () => serveJobs(options)); // a worker program runs until it is cancelled
 */
export interface ServeJobsOptions extends EngineOptions {
  /**
   * The functions, by the names of their jobs. A plain function runs in this program, in a task; one that `remote` has made, in
   * a worker of `executor`.
   */
  readonly jobs: Readonly<Record<string, Fn>>;
  /** The maximum number of jobs that run here at a time; by default one. */
  readonly concurrency?: number;
  /** Threads or processes, for the functions that compute: one that blocks the event loop loses its job. */
  readonly executor?: Executor;
  /** Becomes started when this program takes jobs: for `nursery.start`. */
  readonly taskStatus?: TaskStatus<void>;
}

/**
 * Runs jobs of a queue, until the surrounding scope is shut down. Each job is a task with its caller's deadline and context
 * variables.
 *
 * A shutdown (`main(body, { grace })` makes one of SIGTERM) takes no more jobs, and returns when those that run have ended. A
 * cancellation ends them; what has not ended then is run again by another program.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {TypeError} when an option has a wrong type, or a package that the engine needs is not installed.
 * @throws {RangeError} when an option has a wrong value.
 * @throws {Error} when the engine cannot be reached: what its client says.
 * @throws {StateError} outside of a run.
 * @example
 * const resize = async (file: string, width: number): Promise<string> => `${file}@${width}`;
 * const backend = memoryBackend(); // redisBackend({ url: 'redis://localhost:6379' })
 * await main(() => serveJobs({ backend, queue: 'images', jobs: { resize }, concurrency: 8 }), { grace: { seconds: 30 } });
 */
export async function serveJobs(options: ServeJobsOptions): Promise<void> {
  const crossing = checkEngineOptions(options, 'serveJobs()');
  const { backend, queue } = options;
  const functions = checkJobs(options);
  const concurrency = count(options.concurrency ?? 1, 1, 'serveJobs(): concurrency');
  currentTask();
  letReportsFindDeliveries();
  await openNursery(async (nursery) => {
    const server = new JobServer(nursery, backend, queue, crossing, functions);
    const { run, cancel, problem } = server;
    const worker = await abandonable(backend.openWorker(queue, { concurrency, run, cancel, problem }), {
      onLate: async (late) => {
        await late.stop();
        await late.close();
      },
    });
    (options.taskStatus ?? TASK_STATUS_IGNORED).started(undefined);
    try {
      await untilShutdown(sleepForever);
      await abandonable(worker.stop());
      await server.waitForJobs();
    } finally {
      // When this task was cancelled, so were the jobs: they end soon, and go back to the queue.
      await shielded(async () => {
        await worker.stop();
        await server.waitForJobs();
        await worker.close();
      });
    }
  });
}

function checkJobs({ jobs, executor }: ServeJobsOptions): Map<string, ServedFunction> {
  if (executor !== undefined && typeof executor?.run !== 'function') {
    throw new TypeError('serveJobs(): executor must be the workers that openWorkers() gives');
  }
  if (typeof jobs !== 'object' || jobs === null)
    throw new TypeError('serveJobs(): jobs must be functions by their names');
  const functions = new Map<string, ServedFunction>();
  for (const [name, fn] of Object.entries(jobs)) {
    if (typeof fn !== 'function')
      throw new TypeError(`serveJobs(): the job ${name} must be a function, not ${typeof fn}`);
    const remote = isRemote(fn);
    if (remote && executor === undefined) {
      throw new TypeError(
        `serveJobs(): the job ${name} is a function of another module; give the executor that is to run it`,
      );
    }
    functions.set(name, { fn, executor: remote ? executor : undefined });
  }
  if (functions.size === 0) throw new TypeError('serveJobs(): jobs is empty');
  return functions;
}
