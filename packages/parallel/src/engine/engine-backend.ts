/**
 * A value that survives `JSON.stringify` and `JSON.parse` unchanged.
 *
 * @example
 * const payload: Json = { file: 'cat.jpg', widths: [200, 400], crop: null };
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * An existing engine, as `openEngine` and `serveJobs` use it: queues of jobs that several programs share. `redisBackend` and
 * `memoryBackend` make one.
 *
 * An implementation needs no knowledge of Tercet: it works with promises, and may call the functions that it is given in any
 * context. It must give these guarantees, which the contract suite in this package's tests checks:
 *
 * - A job that has been accepted is not lost. When the program that runs it dies, it is run again.
 * - A job ends once, and its end is reported once to each caller that waits for its id.
 * - While the engine cannot be reached, operations wait; they do not fail.
 *
 * @example
 * // Counts the programs that call, on any engine.
 * let callers = 0;
 * const counting = (backend: EngineBackend): EngineBackend => ({
 *   name: backend.name,
 *   now: () => backend.now(),
 *   openWorker: (queue, options) => backend.openWorker(queue, options),
 *   openCaller(queue, events) {
 *     callers++;
 *     return backend.openCaller(queue, events);
 *   },
 * });
 * await openEngine({ backend: counting(memoryBackend()), queue: 'images' }, async () => undefined);
 */
export interface EngineBackend {
  /** For error texts: `'redis'`. */
  readonly name: string;
  /**
   * The time in milliseconds, on a clock that callers and workers share; `undefined` where the calling code has another clock,
   * as in a run with a virtual one. Deadlines cross as instants of it.
   */
  now(): number | undefined;
  /** Connects a program that calls jobs. */
  openCaller(queue: string, events: EngineEvents): Promise<EngineCaller>;
  /** Connects a program that runs jobs, and begins to take them. */
  openWorker(queue: string, options: EngineWorkerOptions): Promise<EngineWorker>;
}

/**
 * A job as it is handed to the engine.
 *
 * @example
 * const submission: EngineSubmission = {
 *   id: 'cat.jpg 200',
 *   token: 'a1',
 *   name: 'resize',
 *   payload: ['cat.jpg', 200],
 *   shared: true,
 *   attempts: 3,
 *   backoff: 1000,
 *   delay: 0,
 *   keepResult: 60_000,
 * };
 */
export interface EngineSubmission {
  /** Identifies the job in its queue. It contains no `:`, and is not a number. */
  readonly id: string;
  /** Identifies this submission: a later job may have the same id. */
  readonly token: string;
  /** The name of the function, as `serveJobs` knows it. */
  readonly name: string;
  readonly payload: Json;
  /** Whether others may submit the same job: then it is run once for all of them. */
  readonly shared: boolean;
  /** The maximum number of attempts. */
  readonly attempts: number;
  /** Milliseconds between the first two attempts; twice as many before each further one. */
  readonly backoff: number;
  /** Milliseconds before it may begin. */
  readonly delay: number;
  /** Milliseconds for which its result is kept after its end. */
  readonly keepResult: number;
}

/**
 * The origin of a job's cancellation: its last caller, a `cancel` with its id, or its own deadline.
 *
 * @example
 * const text: Record<CancelledBy, string> = {
 *   caller: 'all callers were cancelled',
 *   other: 'it was cancelled by its id',
 *   deadline: 'it has taken too long',
 * };
 */
export type CancelledBy = 'caller' | 'other' | 'deadline';

/**
 * The end of a job, as it is reported to its callers.
 *
 * @example
 * const show = (outcome: EngineOutcome): string =>
 *   outcome.kind === 'lost' ? `lost ${outcome.times} times` : outcome.kind;
 * show({ kind: 'cancelled', by: 'deadline' }); // 'cancelled'
 */
export type EngineOutcome =
  | { readonly kind: 'result'; readonly payload: Json }
  | { readonly kind: 'failed'; readonly payload: Json }
  | { readonly kind: 'cancelled'; readonly by: CancelledBy }
  /** Too many worker programs have died while they ran it. */
  | { readonly kind: 'lost'; readonly times: number };

/**
 * Receives the events of an engine in a program that calls jobs.
 *
 * @example
 * const events: EngineEvents = {
 *   ended: (id, { kind }) => console.log(`${id} has ended: ${kind}`),
 *   progress: (id, payload) => console.log(`${id}: ${JSON.stringify(payload)}`),
 *   problem: (error) => console.error(error),
 * };
 */
export interface EngineEvents {
  /** Called when a job that this caller has submitted has ended. */
  ended(id: string, outcome: EngineOutcome): void;
  /** Called when a job that this caller has submitted reports progress. */
  progress(id: string, payload: Json): void;
  /** Called when something fails in the background, where no operation can throw the error. */
  problem(error: unknown): void;
}

/**
 * The state of a job that has not ended.
 *
 * @example
 * const isStuck = ({ state, attempt }: EngineJobInfo): boolean => state === 'running' && attempt > 3;
 * await openEngine({ backend: memoryBackend(), queue: 'images' }, async (engine) => {
 *   console.log((await engine.jobs()).filter(isStuck));
 * });
 */
export interface EngineJobInfo {
  readonly id: string;
  readonly name: string;
  readonly state: 'waiting' | 'delayed' | 'running';
  /** Its latest report; `null` when there is none, or its caller has no `onProgress`. */
  readonly progress: Json;
  /** The attempt that is under way, or comes next; counts from 1. */
  readonly attempt: number;
}

/**
 * The connection of a program that calls jobs.
 *
 * @example
 * const events: EngineEvents = { ended: () => undefined, progress: () => undefined, problem: console.error };
 * const caller: EngineCaller = await memoryBackend().openCaller('images', events);
 * await caller.list(); // []
 * await caller.close();
 */
export interface EngineCaller {
  /**
   * Puts a job into the queue. If the queue has a job with this id already, this caller receives the end of that one: at once if
   * its result is still kept. A job that has failed or was cancelled is run again.
   */
  submit(submission: EngineSubmission): Promise<void>;
  /**
   * Gives up a job. If no other caller waits for it, the job is cancelled: it is removed from the queue if it has not begun,
   * and its worker is asked to end it otherwise. May be called again while the job has not ended.
   */
  leave(id: string): Promise<void>;
  /** Stops the events of a job for this caller, and leaves the job as it is. */
  forget(id: string): void;
  /** Cancels a job for everyone. @returns false when no job with this id is waiting or running. */
  cancel(id: string): Promise<boolean>;
  /** The jobs that have not ended. */
  list(): Promise<EngineJobInfo[]>;
  /** Ends the connection. No event follows. */
  close(): Promise<void>;
}

/**
 * A job as a worker program gets it.
 *
 * @example
 * const show = ({ name, id, attempt, attempts }: EngineDelivery): string =>
 *   `${name} ${id}, attempt ${attempt} of ${attempts}`;
 */
export interface EngineDelivery {
  readonly id: string;
  readonly token: string;
  readonly name: string;
  readonly payload: Json;
  /** Counts from 1. */
  readonly attempt: number;
  readonly attempts: number;
  /** Reports progress to the callers. Resolves when the engine has stored it. */
  report(payload: Json): Promise<void>;
}

/**
 * The answer of a worker program to a delivered job.
 *
 * @example
 * const done: EngineDisposition = { kind: 'result', payload: { width: 200 } };
 * const returned: EngineDisposition = { kind: 'returned' }; // this program is about to end
 */
export type EngineDisposition =
  | { readonly kind: 'result'; readonly payload: Json }
  /** `final`: the job is not tried again. `summary` is one line for people who inspect the engine. */
  | { readonly kind: 'failed'; readonly payload: Json; readonly summary: string; readonly final: boolean }
  | { readonly kind: 'cancelled'; readonly by: CancelledBy }
  /** This program is ending: another one has to run the job, and this delivery does not count as an attempt. */
  | { readonly kind: 'returned' };

/**
 * For `EngineBackend.openWorker`.
 *
 * @example
 * const running = new Set<string>();
 * const options: EngineWorkerOptions = {
 *   concurrency: 4,
 *   async run({ id, payload }) {
 *     running.add(id);
 *     return { kind: 'result', payload };
 *   },
 *   cancel: (id) => running.delete(id),
 *   problem: (error) => console.error(error),
 * };
 */
export interface EngineWorkerOptions {
  /** The maximum number of jobs that run here at a time. */
  readonly concurrency: number;
  /** Runs a job. Never rejects. */
  readonly run: (delivery: EngineDelivery) => Promise<EngineDisposition>;
  /** Asks a job that runs here to end. May be called more than once, and for a job that has ended. */
  readonly cancel: (id: string, token: string, by: CancelledBy) => void;
  /** Called when something fails in the background: the engine cannot be reached, or a job was taken away. */
  readonly problem: (error: unknown) => void;
}

/**
 * The connection of a program that runs jobs.
 *
 * @example
 * const worker: EngineWorker = await memoryBackend().openWorker('images', {
 *   concurrency: 1,
 *   run: async () => ({ kind: 'result', payload: null }),
 *   cancel: () => undefined,
 *   problem: console.error,
 * });
 * await worker.stop(); // takes no more jobs
 * await worker.close();
 */
export interface EngineWorker {
  /** Takes no more jobs. Running jobs continue, and their dispositions are still sent. */
  stop(): Promise<void>;
  /** Ends the connection, when all jobs of this worker have ended. Does not wait for an engine that cannot be reached. */
  close(): Promise<void>;
}
