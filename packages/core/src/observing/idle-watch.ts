import { currentNode, outside } from '../frames/frames.ts';
import { clearTimeout, setImmediate, setTimeout } from '../platform/platform.ts';
import type { Run } from '../running/run-state.ts';
import { Wait } from '../waiting/wait.ts';
import { rejected } from '../waiting/checkpoint.ts';
import type { AbortOutcome } from '../waiting/wait.ts';
import { LONGEST_DELAY } from '../time/clock.ts';

/**
 * Notices when all tasks of a run have been waiting in operations of ours for some time.
 *
 * Implementation details: `blocked === living` says that all tasks wait now, but not that this lasts. A foreign promise may be
 * about to settle, or an event may be queued in the event loop. So it has to last while the loop turns twice, with its I/O
 * polled in between, and then for the cushion of the waiter. If `wakes` has changed meanwhile, the watch starts over.
 */
export class IdleWatch {
  readonly #run: Run;
  readonly #onIdle: ((isOver: () => boolean) => void) | undefined;
  readonly #waiters = new Set<IdleWait>();
  /** Whether an observation is under way, between `allBlocked` and its end. */
  #observing = false;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  /** @param onIdle called when the run is idle and no task waits for that. Its argument says later whether that is over. */
  constructor(run: Run, onIdle?: (isOver: () => boolean) => void) {
    this.#run = run;
    this.#onIdle = onIdle;
  }

  /** Begins an observation: the last task has become blocked, or the threshold has changed. */
  allBlocked(): void {
    if (this.#observing || this.#cushion === Infinity) return;
    this.#observing = true;
    const { wakes } = this.#run;
    outside(() => setImmediate(() => setImmediate(() => this.#turned(wakes))));
  }

  /** The threshold or the waiters have changed. */
  changed(): void {
    clearTimeout(this.#timer);
    if (this.#timer !== undefined) {
      this.#timer = undefined;
      this.#observing = false;
    }
    this.look();
  }

  /** Begins an observation if all tasks are blocked and none is under way. */
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

  /** The shortest cushion of the waiters; that of the clock if there are none. */
  get #cushion(): number {
    if (this.#waiters.size === 0) return this.#run.clock.idleThreshold ?? Infinity;
    let shortest = Infinity;
    for (const { cushion } of this.#waiters) shortest = Math.min(shortest, cushion);
    return shortest;
  }

  get #isIdle(): boolean {
    const { blocked, living, token, slice, finished } = this.#run;
    return blocked === living && (token === undefined || token.size === 0) && !slice.hasReady && !finished;
  }

  #turned(wakes: number): void {
    const cushion = this.#cushion;
    if (this.#hasMoved(wakes) || cushion === Infinity) this.#startOver();
    else if (cushion <= 0) this.#settle(wakes);
    else {
      this.#timer = outside(() =>
        setTimeout(
          () => {
            this.#timer = undefined;
            if (this.#hasMoved(wakes)) this.#startOver();
            else this.#settle(wakes);
          },
          Math.min(cushion, LONGEST_DELAY),
        ),
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
      // Waking one calls foreign hooks, which may cancel another, or add a new one.
      for (const wait of [...this.#waiters]) if (wait.cushion === cushion && !wait.settled) wait.wake();
    } else {
      this.#onIdle?.(() => this.#hasMoved(wakes));
    }
  }
}

/**
 * Waits until all other tasks of the run have been waiting in operations of Tercet for `cushion` milliseconds of real time. Then
 * nothing happens until an event comes from outside. A task that awaits a foreign promise does not count as waiting. Of several
 * callers, those with the shortest cushion return first.
 *
 * A checkpoint.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
 * @example
 * nursery.startSoon(() => event.wait());
 * await waitAllTasksBlocked(); // the task waits for the event now
 * event.set();
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
