/**
 * What `JSON.stringify` writes and `JSON.parse` gives back unchanged.
 *
 * @example
 * const payload: Json = { file: 'cat.jpg', widths: [200, 400], crop: null };
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * An existing engine, as `openEngine` and `serveJobs` use it: queues of jobs that several programs share. `redisBackend` and
 * `memoryBackend` make one.
 *
 * An implementation needs to know nothing of Tercet: it works with promises, and calls the functions that it is given in any
 * context. It has to keep these promises, which the contract suite in the tests of this package checks:
 *
 * - A job that has been accepted is not lost. When the program that runs it dies, it is run again.
 * - A job ends once, and each caller that waits for its id is told once.
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
  /** Names the job in the whole queue. It holds no `:`, and is not a number. */
  readonly id: string;
  /** Names this submission: a later job may have the same id. */
  readonly token: string;
  /** The name of the function, as `serveJobs` knows it. */
  readonly name: string;
  readonly payload: Json;
  /** Whether others may submit the same job: then it is run once for all of them. */
  readonly shared: boolean;
  /** At most this often it is tried. */
  readonly attempts: number;
  /** Milliseconds between the first two attempts; twice as many before each further one. */
  readonly backoff: number;
  /** Milliseconds before it may begin. */
  readonly delay: number;
  /** Milliseconds for which its result is kept after its end. */
  readonly keepResult: number;
}

/**
 * Who has cancelled a job: its last caller, somebody else by its id, or its own deadline.
 *
 * @example
 * const text: Record<CancelledBy, string> = {
 *   caller: 'nobody wants it any more',
 *   other: 'somebody has cancelled it by its id',
 *   deadline: 'it has taken too long',
 * };
 */
export type CancelledBy = 'caller' | 'other' | 'deadline';

/**
 * How a job has ended, as its callers are told.
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
 * What an engine tells a program that calls jobs.
 *
 * @example
 * const events: EngineEvents = {
 *   ended: (id, { kind }) => console.log(`${id} has ended: ${kind}`),
 *   progress: (id, payload) => console.log(`${id}: ${JSON.stringify(payload)}`),
 *   problem: (error) => console.error(error),
 * };
 */
export interface EngineEvents {
  /** A job has ended that this caller has submitted. */
  ended(id: string, outcome: EngineOutcome): void;
  /** A job that this caller has submitted has reported its progress. */
  progress(id: string, payload: Json): void;
  /** Something has failed that no operation waits for. */
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
  /** What it last reported; `null` when it has not, or its caller has no `onProgress`. */
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
   * Puts a job into the queue. When there is one with this id already, this caller is told how that one ends, at once if it has
   * ended with a result that is still kept. One that has failed, or was cancelled, is run again.
   */
  submit(submission: EngineSubmission): Promise<void>;
  /**
   * This caller does not want the job any more. If no other one does, it is cancelled: taken out when it has not begun, and
   * asked to end otherwise. May be called again when no answer has come.
   */
  leave(id: string): Promise<void>;
  /** Nothing here waits for a job any more: nothing more is told about it. */
  forget(id: string): void;
  /** Cancels a job for everyone. @returns false when no job with this id is waiting or running. */
  cancel(id: string): Promise<boolean>;
  /** The jobs that have not ended. */
  list(): Promise<EngineJobInfo[]>;
  /** Ends the connection. Nothing is told any more. */
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
  /** Tells the callers about progress. Resolves when the engine has it. */
  report(payload: Json): Promise<void>;
}

/**
 * How a worker program has done with a job.
 *
 * @example
 * const done: EngineDisposition = { kind: 'result', payload: { width: 200 } };
 * const returned: EngineDisposition = { kind: 'returned' }; // this program is about to end
 */
export type EngineDisposition =
  | { readonly kind: 'result'; readonly payload: Json }
  /** `final`: it is not tried again. `summary` is one line for whoever looks at the engine. */
  | { readonly kind: 'failed'; readonly payload: Json; readonly summary: string; readonly final: boolean }
  | { readonly kind: 'cancelled'; readonly by: CancelledBy }
  /** This program is about to end: the job is to be run elsewhere, and this does not count as an attempt. */
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
  /** How many jobs may run here at a time. */
  readonly concurrency: number;
  /** Runs a job. Never rejects. */
  readonly run: (delivery: EngineDelivery) => Promise<EngineDisposition>;
  /** A job that runs here is to end. May come more than once, and for a job that has ended. */
  readonly cancel: (id: string, token: string, by: CancelledBy) => void;
  /** Something has failed that no operation waits for: the engine cannot be reached, or a job was taken away. */
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
  /** Takes no more jobs. Those that run go on, and their ends are told. */
  stop(): Promise<void>;
  /** Ends the connection, when all jobs of this worker have ended. Does not wait for an engine that cannot be reached. */
  close(): Promise<void>;
}
