import { runOutside } from '@tercet/core/lowlevel';
import type { BrokenWorkerError } from '../workers/broken-worker-error.ts';
import type { CheckedOptions } from '../workers/worker-options.ts';
import type { WorkerExit } from '../workers/worker-link.ts';
import { startError } from './lost-worker.ts';
import { PooledWorker } from './pooled-worker.ts';
import type { WorkerOwner } from './pooled-worker.ts';

/** The workers of a pool: all that have been started and have not exited. */
export class Crew implements Iterable<PooledWorker> {
  readonly #options: CheckedOptions;
  readonly #owner: WorkerOwner;
  readonly #onFailedStart: (error: BrokenWorkerError) => void;
  readonly #workers = new Set<PooledWorker>();
  #starting = 0;
  /** The last start has failed. Then only workers that calls wait for are started. */
  #startFailed = false;
  #nextId = 1;

  /** @param onFailedStart called for each worker that could not begin. */
  constructor(options: CheckedOptions, owner: WorkerOwner, onFailedStart: (error: BrokenWorkerError) => void) {
    this.#options = options;
    this.#owner = owner;
    this.#onFailedStart = onFailedStart;
  }

  [Symbol.iterator](): Iterator<PooledWorker> {
    return this.#workers.values();
  }

  get size(): number {
    return this.#workers.size;
  }

  /** Number of workers that have been started and are not ready. */
  get starting(): number {
    return this.#starting;
  }

  /** Whether a worker has to be started though no call waits for it. */
  get isShort(): boolean {
    return !this.#startFailed && this.size < this.#options.min;
  }

  /** Starts a worker. @param isAwaited whether calls wait for it: then it keeps the process alive. */
  start(isAwaited: boolean): void {
    const id = this.#nextId++;
    try {
      const worker = runOutside(() => new PooledWorker(id, this.#options, this.#owner));
      this.#starting++;
      this.#workers.add(worker);
      worker.hold(isAwaited);
    } catch (error) {
      const { kind } = this.#options;
      this.failStart({ name: `worker ${kind} ${id}`, kind }, error);
    }
  }

  /** Lets starting workers keep the process alive, because calls wait for them now. */
  holdStarting(): void {
    for (const worker of this.#workers) if (worker.state === 'starting') worker.hold(true);
  }

  /** Kills one of the starting workers. */
  stopOneStarting(): void {
    for (const worker of this.#workers) {
      if (worker.state !== 'starting' || worker.killed) continue;
      worker.kill();
      return;
    }
  }

  /** A worker has started. */
  ready(): void {
    this.#starting--;
    this.#startFailed = false;
  }

  /** A worker says, or shows by its exit, that it cannot begin. */
  failStart(worker: Pick<PooledWorker, 'name' | 'kind'>, cause: unknown, exit?: WorkerExit): void {
    this.#startFailed = true;
    this.#onFailedStart(startError(worker, cause, exit));
  }

  /** A worker has exited. @returns whether it had ever been ready. */
  remove(worker: PooledWorker, exit: WorkerExit): boolean {
    const { state } = worker;
    worker.state = 'gone';
    this.#workers.delete(worker);
    if (state !== 'starting' && worker.reason !== 'start failed') return true;
    this.#starting--;
    if (state === 'starting' && !worker.killed) this.failStart(worker, exit.error, exit);
    return false;
  }

  /** Kills the workers that have not left. @returns their names. */
  killAll(): string[] {
    const names = Array.from(this.#workers, ({ name }) => name);
    for (const worker of this.#workers) worker.kill();
    return names;
  }
}
