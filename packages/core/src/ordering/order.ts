import type { Run } from '../running/run-state.ts';
import type { TaskNode } from '../tasks/task-node.ts';
import type { Timed } from '../time/deadlines.ts';
import { OrderedSlice } from './ordered-slice.ts';
import type { Scheduler, Step } from './scheduler.ts';
import { seededRandom } from './seeded-random.ts';

/** Replaces the parts of a run that order its steps, when a scheduler decides the order. */
export class Order {
  readonly slice: OrderedSlice;
  readonly #scheduler: Scheduler;
  #run: Run | undefined = undefined;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.slice = new OrderedSlice(
      scheduler,
      () => this.#run!.root,
      () => this.#run?.idleWatch?.look(),
      (error) => {
        // The error itself is thrown, not an InternalError: the scheduler is not the framework's.
        this.#run!.failure ??= error;
        this.#run!.crash(error);
      },
    );
  }

  /** The run begins. */
  belongsTo(run: Run): void {
    this.#run = run;
  }

  /** Lets a task begin, as a step. */
  start(task: TaskNode): void {
    this.slice.defer(begin, task, { task, what: 'start' });
  }

  random(): number {
    return this.#scheduler.random();
  }

  /**
   * Chooses the deadline that expires first, of those that have the same instant, and puts it in front of a heap: items whose
   * keys are equal may change places.
   */
  putFirst(keys: readonly number[], items: Timed[]): void {
    const key = keys[0]!;
    const ties = [...items.keys()].filter((index) => keys[index] === key && items[index]!.at === key);
    if (ties.length === 1) return;
    const steps = ties.map((index) => ({
      task: (items[index] as Partial<Step>).task ?? this.#run!.root,
      what: 'timer',
    }));
    const chosen = ties[this.slice.choose(steps)]!;
    [items[0], items[chosen]] = [items[chosen]!, items[0]!];
  }
}

function begin(value: unknown): void {
  const task = value as TaskNode;
  try {
    task.begin();
  } catch (error) {
    task.run.crash(error);
  }
}

/** The order that the options of a run ask for. */
export function orderFrom(options: { readonly seed?: number; readonly scheduler?: Scheduler }): Order {
  const { seed, scheduler } = options;
  if (seed === undefined) return new Order(requireScheduler(scheduler));
  if (scheduler !== undefined) throw new TypeError('run(): takes a seed or a scheduler, not both');
  if (typeof seed !== 'number') throw new TypeError(`run(): the seed must be a number, not ${typeof seed}`);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`run(): the seed must be a safe integer, not ${seed}`);
  return new Order(seededScheduler(seed));
}

function requireScheduler(scheduler: Scheduler | undefined): Scheduler {
  if (typeof scheduler?.choose === 'function' && typeof scheduler.random === 'function') return scheduler;
  throw new TypeError('run(): the scheduler must have the methods choose() and random()');
}

/** Chooses each step at random. Random numbers for the framework itself come from another sequence. */
function seededScheduler(seed: number): Scheduler {
  const draw = seededRandom(seed);
  return {
    choose: (ready) => (ready.length === 1 ? 0 : Math.floor(draw() * ready.length)),
    random: seededRandom(-1 - seed),
  };
}
