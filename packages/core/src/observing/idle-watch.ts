import { currentNode, outside } from '../frames/frames.ts';
import { clearTimeout, setImmediate, setTimeout } from '../platform/platform.ts';
import type { Run } from '../running/run-state.ts';
import { Wait } from '../waiting/wait.ts';
import { rejected } from '../waiting/checkpoint.ts';
import type { AbortOutcome } from '../waiting/wait.ts';

/**
 * Notices when every task of a run waits in one of our operations, and has for a while.
 *
 * Counting tells when that is so (`blocked === living`), but not that it stays so: a foreign promise may be settling in
 * the same moment, or an event be waiting in the event loop. So it has to stay so while the loop turns twice, with its
 * I/O polled in between, and for the cushion that the waiter asks for.
 */
export class IdleWatch {
  readonly #run: Run;
  readonly #onIdle: ((isOver: () => boolean) => void) | undefined;
  readonly #waiters = new Set<IdleWait>();
  #observing = false;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  /** @param onIdle called when it is so and nobody waits for it; whether it is over can be asked later. */
  constructor(run: Run, onIdle?: (isOver: () => boolean) => void) {
    this.#run = run;
    this.#onIdle = onIdle;
  }

  /** Every task has just become blocked, or what is to be noticed has changed. */
  allBlocked(): void {
    if (this.#observing || this.#cushion === Infinity) return;
    this.#observing = true;
    const { wakes } = this.#run;
    outside(() => setImmediate(() => setImmediate(() => this.#turned(wakes))));
  }

  /** The threshold or the waiters are others now. */
  changed(): void {
    clearTimeout(this.#timer);
    if (this.#timer !== undefined) {
      this.#timer = undefined;
      this.#observing = false;
    }
    this.look();
  }

  /** Begins to observe, if every task is blocked and it does not observe already. */
  look(): void {
    if (this.#isIdle) this.allBlocked();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  wait(cushion: number): Promise<void> {
    const node = currentNode('waitAllTasksBlocked()');
    node.task.countCheckpoint();
    const wait = new IdleWait(node, cushion, this.#waiters);
    if (node.effective) wait.abortIfCancelled();
    else this.changed();
    return wait.promise;
  }

  /** The shortest time of idleness that anybody waits for. Waiters come before the clock. */
  get #cushion(): number {
    if (this.#waiters.size === 0) return this.#run.clock.idleThreshold ?? Infinity;
    let shortest = Infinity;
    for (const { cushion } of this.#waiters) shortest = Math.min(shortest, cushion);
    return shortest;
  }

  get #isIdle(): boolean {
    const { blocked, living, token, finished } = this.#run;
    return blocked === living && (token === undefined || token.size === 0) && !finished;
  }

  #turned(wakes: number): void {
    const cushion = this.#cushion;
    if (this.#hasMoved(wakes) || cushion === Infinity) this.#startOver();
    else if (cushion <= 0) this.#settle(wakes);
    else {
      this.#timer = outside(() =>
        setTimeout(() => {
          this.#timer = undefined;
          if (this.#hasMoved(wakes)) this.#startOver();
          else this.#settle(wakes);
        }, cushion),
      );
    }
  }

  #hasMoved(wakes: number): boolean {
    return !this.#isIdle || this.#run.wakes !== wakes;
  }

  #startOver(): void {
    this.#observing = false;
    this.look();
  }

  #settle(wakes: number): void {
    this.#observing = false;
    const cushion = this.#cushion;
    if (this.#waiters.size > 0) {
      // To wake one calls foreign hooks, which may cancel another one, or begin a new one.
      for (const wait of [...this.#waiters]) if (wait.cushion === cushion && !wait.settled) wait.wake();
    } else {
      this.#onIdle?.(() => this.#hasMoved(wakes));
    }
  }
}

/**
 * Resolves when every task of the run has been waiting in an operation of Tercet for `cushion` milliseconds of real
 * time: then nothing happens any more until something comes from outside. A task that awaits a foreign promise does not
 * count as waiting. Of several callers those with the shortest cushion return first.
 *
 * A checkpoint.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
 */
export function waitAllTasksBlocked(cushion = 0): Promise<void> {
  try {
    if (!(cushion >= 0)) {
      throw new RangeError(`waitAllTasksBlocked(): the cushion must not be negative, but is ${cushion}`);
    }
    const { run } = currentNode('waitAllTasksBlocked()');
    return (run.idleWatch ??= new IdleWatch(run)).wait(cushion);
  } catch (error) {
    return rejected(error);
  }
}

class IdleWait extends Wait<void> {
  readonly cushion: number;
  readonly #waiters: Set<IdleWait>;

  constructor(node: ConstructorParameters<typeof Wait>[0], cushion: number, waiters: Set<IdleWait>) {
    super(node, 'all tasks blocked', true);
    this.cushion = cushion;
    this.#waiters = waiters;
    waiters.add(this);
  }

  override wake(): void {
    this.#waiters.delete(this);
    super.wake();
  }

  protected override withdraw(): AbortOutcome {
    this.#waiters.delete(this);
    return 'succeeded';
  }
}
