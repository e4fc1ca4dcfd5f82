import { currentTime, StateError } from '@tercet/core';
import type { Duration } from '@tercet/core';
import { currentClock, inRun, toMilliseconds } from '@tercet/core/lowlevel';
import type { Clock } from '@tercet/core';
import type {
  EngineBackend,
  EngineCaller,
  EngineEvents,
  EngineWorker,
  EngineWorkerOptions,
  Json,
} from '../engine/engine-backend.ts';
import { count } from '../workers/worker-options.ts';
import { MemoryQueue } from './memory-queue.ts';
import type { MemoryCaller, MemoryQueueSettings, MemoryWorker } from './memory-queue.ts';
import { TimeKeeper } from './time-keeper.ts';

/**
 * For `memoryBackend`.
 *
 * @example
 * const options: MemoryBackendOptions = { lock: { seconds: 1 }, maxLost: 2 };
 * const backend = memoryBackend(options);
 * backend.loseWorkers(); // their jobs run again after a second, and the second time they are lost for good
 */
export interface MemoryBackendOptions {
  /** How long after `loseWorkers` their jobs are run again; 30 seconds by default. */
  readonly lock?: Duration;
  /** After how many lost workers a job ends with `BrokenWorkerError`; 10 by default. */
  readonly maxLost?: number;
}

/**
 * An engine in memory, on which tests can simulate the failures of a real one.
 *
 * @example
 * // What does the program do when Redis is away for a while?
 * const backend: MemoryBackend = memoryBackend();
 * await openEngine({ backend, queue: 'images' }, async (engine) => {
 *   backend.disconnect();
 *   const jobs = await moveOnAfter(5, () => engine.jobs()); // waits
 *   backend.reconnect();
 * });
 */
export interface MemoryBackend extends EngineBackend {
  /** Makes all worker programs count as killed: their answers are ignored, and their jobs run again elsewhere after `lock`. */
  loseWorkers(): void;
  /** Makes the engine unreachable: operations wait. */
  disconnect(): void;
  /** Makes the engine reachable again: operations continue. */
  reconnect(): void;
}

/**
 * Makes an engine in memory, for tests. Callers and workers are in the same run; the engine uses the clock of that run, which may
 * be a virtual one. It gives the guarantees of a real engine, and values are converted to JSON as they are there.
 *
 * @throws {TypeError} when an option has a wrong type. @throws {RangeError} when it has a wrong value.
 * @example
 * interface Sums {
 *   add(a: number, b: number): Promise<number>;
 * }
 * const { add } = remote<Sums>(new URL('./sums.ts', import.meta.url));
 * const addJob = job(add, { name: 'add', atLeastOnce: 'accepted' });
 * const backend = memoryBackend();
 * await openNursery(async (nursery) => {
 *   const jobs = { add: async (a: number, b: number) => a + b };
 *   nursery.startService(() => serveJobs({ backend, queue: 'sums', jobs }));
 *   await openEngine({ backend, queue: 'sums' }, async (engine) => console.log(await engine.run(addJob, 1, 2))); // 3
 * });
 */
export function memoryBackend(options: MemoryBackendOptions = {}): MemoryBackend {
  return new Memory({
    lock: toMilliseconds(options.lock ?? { seconds: 30 }, 'memoryBackend(): lock'),
    maxLost: count(options.maxLost ?? 10, 0, 'memoryBackend(): maxLost'),
  });
}

class Memory implements MemoryBackend {
  readonly name = 'memory';
  readonly #settings: MemoryQueueSettings;
  readonly #queues = new Map<string, MemoryQueue>();
  /** The clock of its run; set by its first connection. */
  #clock: Clock | undefined = undefined;
  #keeper: TimeKeeper | undefined = undefined;
  #gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined = undefined;

  constructor(settings: MemoryQueueSettings) {
    this.#settings = settings;
  }

  now(): number | undefined {
    return inRun() ? currentTime() : undefined;
  }

  openCaller(name: string, events: EngineEvents): Promise<EngineCaller> {
    const queue = this.#queue(name);
    return this.#reached(() => this.#callerOf(queue, { events }));
  }

  openWorker(name: string, options: EngineWorkerOptions): Promise<EngineWorker> {
    const queue = this.#queue(name);
    const run: EngineWorkerOptions['run'] = async (delivery) => {
      const disposition = await options.run({ ...delivery, payload: copied(delivery.payload) });
      return this.#reached(() => copied(disposition));
    };
    const worker: MemoryWorker = { options: { ...options, run }, running: new Set(), stopped: false, lost: false };
    return this.#reached(() => {
      queue.addWorker(worker);
      return {
        stop: async () => void (worker.stopped = true),
        close: async () => queue.removeWorker(worker),
      };
    });
  }

  #callerOf(queue: MemoryQueue, caller: MemoryCaller): EngineCaller {
    return {
      submit: (submission) => {
        const stored = { ...submission, payload: copied(submission.payload) };
        return this.#reached(() => queue.submit(caller, stored));
      },
      leave: (id) => this.#reached(() => queue.leave(caller, id)),
      forget: (id) => queue.forget(caller, id),
      cancel: (id) => this.#reached(() => queue.cancel(id)),
      list: () => this.#reached(() => copied(queue.list())),
      close: async () => queue.leaveAll(caller),
    };
  }

  #queue(name: string): MemoryQueue {
    const clock = currentClock();
    this.#clock ??= clock;
    if (this.#clock !== clock) {
      throw new StateError('an engine in memory belongs to one run; make another one with memoryBackend()');
    }
    this.#keeper ??= new TimeKeeper();
    let queue = this.#queues.get(name);
    if (queue === undefined) this.#queues.set(name, (queue = new MemoryQueue(clock, this.#keeper, this.#settings)));
    return queue;
  }

  async #reached<T>(fn: () => T): Promise<T> {
    while (this.#gate !== undefined) await this.#gate.opened;
    return fn();
  }

  loseWorkers(): void {
    for (const queue of this.#queues.values()) queue.loseWorkers();
  }

  disconnect(): void {
    if (this.#gate !== undefined) return;
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    this.#gate = { opened, open };
  }

  reconnect(): void {
    const gate = this.#gate;
    this.#gate = undefined;
    gate?.open();
  }
}

/** Copies a value the way an engine does that stores JSON text. */
function copied<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T & Json;
}
