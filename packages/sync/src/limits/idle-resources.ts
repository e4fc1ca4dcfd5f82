import { CancelScope, currentTime, named, sleepUntil, StateError } from '@tercet/core';
import { currentRootTask, spawnSystemTask, WaitQueue } from '@tercet/core/lowlevel';
import type { Task } from '@tercet/core/lowlevel';

interface Idle<T> {
  readonly resource: T;
  /** The run in which it came back, by its root task: only there does `since` mean something. */
  readonly run: Task;
  /** When it came back, on the clock of that run. */
  readonly since: number;
}

/** For {@link IdleResources}. */
interface Limits<T> {
  /** How long a resource may be idle, in milliseconds. */
  readonly longest: number;
  /** Whether so many are open that one of them may be closed. */
  readonly mayClose: () => boolean;
  /** Closes a resource. Must not throw. */
  readonly close: (resource: T) => Promise<void>;
}

interface Keeper {
  readonly scope: CancelScope;
  /** Where it waits while nothing can become too old. */
  readonly changed: WaitQueue<void>;
}

/**
 * The resources of a pool that are open and unused. The one that came back last is at the end.
 *
 * Each run whose tasks have brought resources back has a keeper, a system task. It closes resources that have been idle for
 * too long, and at the end of the run everything that came back there: nothing that was opened in a run outlives it. Two runs
 * may use one pool at the same time. Then each keeper looks after its part, since it sleeps by the clock of its run.
 */
export class IdleResources<T> {
  readonly #limits: Limits<T>;
  readonly #idle: Idle<T>[] = [];
  /** By the root task of their runs. One that ends, and only closes what is left, is not in it any more. */
  readonly #keepers = new Map<Task, Keeper>();

  constructor(limits: Limits<T>) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#idle.length;
  }

  /** Takes out the one that came back last, so that the resources that are not needed become old. */
  pop(): { readonly resource: T } | undefined {
    return this.#idle.pop();
  }

  /** Takes out all, oldest first. */
  takeAll(): T[] {
    return this.#idle.splice(0).map(({ resource }) => resource);
  }

  /** Keeps a resource. Returns false when the run is at its end, and could not close the resource later. Not a checkpoint. */
  keep(resource: T): boolean {
    const run = currentRootTask();
    const keeper = this.#keepers.get(run);
    if (keeper === undefined && !this.#startKeeper(run)) return false;
    this.#idle.push({ resource, run, since: currentTime() });
    if (this.#limits.longest < Infinity && this.#limits.mayClose()) keeper?.changed.wakeFirst();
    return true;
  }

  /** Ends the keepers, when nothing will be kept any more. */
  dismissKeepers(): void {
    for (const { scope } of this.#keepers.values()) scope.cancel('the pool is closed');
  }

  #startKeeper(run: Task): boolean {
    const keeper: Keeper = { scope: new CancelScope(), changed: new WaitQueue('an idle resource of a pool') };
    try {
      spawnSystemTask(named('keeper of a pool', () => this.#look(run, keeper)));
    } catch (error) {
      if (error instanceof StateError) return false;
      throw error;
    }
    this.#keepers.set(run, keeper);
    return true;
  }

  /** The loop of a keeper, until it is cancelled. */
  async #look(run: Task, { scope, changed }: Keeper): Promise<void> {
    try {
      await scope.run(async () => {
        for (;;) {
          const oldest = this.#oldestOf(run);
          const due = oldest === undefined || !this.#limits.mayClose() ? Infinity : oldest.since + this.#limits.longest;
          if (due === Infinity) await changed.wait(undefined);
          else if (currentTime() < due) await sleepUntil(due);
          else await this.#closeOldestOf(run);
        }
      });
    } finally {
      this.#keepers.delete(run);
      while (this.#oldestOf(run) !== undefined) await this.#closeOldestOf(run);
    }
  }

  #oldestOf(run: Task): Idle<T> | undefined {
    return this.#idle.find((idle) => idle.run === run);
  }

  async #closeOldestOf(run: Task): Promise<void> {
    const index = this.#idle.findIndex((idle) => idle.run === run);
    for (const { resource } of this.#idle.splice(index, 1)) await this.#limits.close(resource);
  }
}
