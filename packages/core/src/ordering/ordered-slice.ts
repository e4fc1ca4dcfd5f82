import { textOf } from '../foreign/text-of.ts';
import { findNode, outside } from '../frames/frames.ts';
import { LoopSlice } from '../platform/loop-slice.ts';
import type { StepSource } from '../platform/loop-slice.ts';
import { afterMicrotasks, monotonicNow, process, setImmediate } from '../platform/platform.ts';
import { resolved } from '../platform/resolved.ts';
import type { TaskNode } from '../tasks/task-node.ts';
import type { Scheduler, Step } from './scheduler.ts';

/** How long steps may keep the event loop from turning, in milliseconds. */
const LONGEST_GO = 5;

interface ReadyStep extends Step {
  readonly settle: (value: unknown) => void;
  readonly value: unknown;
}

// Elsewhere a tick may come before the microtasks are over, and a step is over only when they are.
const isNode = process?.versions?.['bun'] === undefined && process?.versions?.['deno'] === undefined;
const afterStep = isNode ? afterMicrotasks : setImmediate;

/**
 * The slice of a run whose order is decided by a scheduler. To the rest of the core it is a slice that is always used up, so
 * every step is put off. The steps are in one queue, and run one at a time.
 *
 * A step lasts from the moment in which a task goes on until no microtask is left: the task waits again then, or awaits
 * something that is not Tercet's. All steps that it makes ready meanwhile join the queue. So the order is a list of choices,
 * and the same choices give the same order.
 */
export class OrderedSlice extends LoopSlice {
  readonly #scheduler: Scheduler;
  readonly #onQuiet: () => void;
  readonly #onBroken: (error: unknown) => void;
  /** Stands for code that belongs to no task. */
  readonly #root: () => TaskNode;
  readonly #ready: ReadyStep[] = [];
  #going = false;
  /** When the event loop has last turned. */
  #began = 0;
  /** The order does not matter any more. */
  #isOver = false;

  /**
   * @param root the root task of the run.
   * @param onQuiet called when no step is left.
   * @param onBroken called with what the scheduler throws; from then on, steps go on in the order in which they became ready.
   */
  constructor(scheduler: Scheduler, root: () => TaskNode, onQuiet: () => void, onBroken: (error: unknown) => void) {
    super();
    this.#scheduler = scheduler;
    this.#root = root;
    this.#onQuiet = onQuiet;
    this.#onBroken = onBroken;
  }

  override get isOrdered(): boolean {
    return true;
  }

  override get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  override isSpent(): boolean {
    return true;
  }

  override defer(settle: (value: unknown) => void, value: unknown, of?: StepSource): void {
    const task = of?.task ?? findNode()?.task ?? this.#root();
    this.#ready.push({ settle, value, task, what: textOf(of?.what ?? 'checkpoint') });
    if (this.#going) return;
    this.#going = true;
    this.#began = monotonicNow();
    outside(this.#goOnSoon);
  }

  /** Chooses one of several that are ready, which go on outside of the queue. */
  choose(steps: readonly Step[]): number {
    if (this.#isOver) return 0;
    try {
      const index = this.#scheduler.choose(steps);
      if (steps[index] !== undefined) return index;
      throw new RangeError(
        `the scheduler's choose() must return an index below ${steps.length}, but returned ${String(index)}`,
      );
    } catch (error) {
      this.#isOver = true;
      this.#onBroken(error);
      return 0;
    }
  }

  /** The run has ended: what is left goes on as it comes. */
  end(): void {
    this.#isOver = true;
  }

  readonly #goOnSoon = (): void => void resolved.then(this.#whenOver);

  // Queued from a microtask, a tick comes when no microtask is left; queued from a tick, it would come before them.
  readonly #whenOver = (): void => afterStep(this.#goOn);

  readonly #goOn = (): void => {
    if (this.#ready.length === 0) {
      this.#going = false;
      this.#onQuiet();
      return;
    }
    const now = monotonicNow();
    if (now - this.#began > LONGEST_GO) {
      setImmediate(this.#goOnAfterTurn);
      return;
    }
    this.#takeStep();
  };

  readonly #goOnAfterTurn = (): void => {
    this.#began = monotonicNow();
    this.#takeStep();
  };

  #takeStep(): void {
    const ready = this.#ready;
    const [step] = ready.splice(this.choose(ready), 1);
    this.#goOnSoon();
    step!.settle(step!.value);
  }
}
