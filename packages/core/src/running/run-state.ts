import { AsyncResource } from 'node:async_hooks';
import { describeError } from '../errors/is-error.ts';
import { InternalError } from '../errors/tercet-error.ts';
import { tellScheduled } from '../probes/events.ts';
import type { Instruments } from '../observing/instruments.ts';
import type { ShutdownListener } from '../cancellation/shutdown.ts';
import type { NurseryNode } from '../tasks/nursery-node.ts';
import type { TaskNode } from '../tasks/task-node.ts';
import type { Clock } from '../time/clock.ts';
import { Deadlines } from '../time/deadlines.ts';
import { outside } from '../frames/frames.ts';
import type { IdleWatch } from '../observing/idle-watch.ts';
import { afterMicrotasks, clearInterval, setInterval } from '../platform/platform.ts';
import type { RunToken } from './run-token.ts';
import { Starter } from './starter.ts';
import { LoopSlice } from '../platform/loop-slice.ts';

const UNKNOWN = -1;

/** How often what the clock has said must be of use before it is forgotten, and how often it is read otherwise before that is tried again. */
const WORTHWHILE = 8;
const READS = 64;

/** The longest period that a timer of the platform can take. */
const LONGEST_PERIOD = 2 ** 31 - 1;

/** All that belongs to one run. */
export class Run {
  readonly name: string;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly slice: LoopSlice = new LoopSlice();
  readonly starter: Starter = new Starter(this.slice);
  /** The values of RunVars. */
  readonly variables: Map<object, unknown> = new Map();

  // Those who look at it from outside, and the way into it: there once somebody has asked for them.
  idleWatch: IdleWatch | undefined = undefined;
  instruments: Instruments | undefined = undefined;
  token: RunToken | undefined = undefined;
  /** What wants to hear of soft shutdowns. */
  shutdownListeners: Set<ShutdownListener> | undefined = undefined;

  /** The tasks of the framework itself, and main: set once, when the run begins. */
  root!: TaskNode;
  main!: TaskNode;
  /** The nursery of system tasks, around main, and the one around it, in which the run ends. */
  systemNursery!: NurseryNode;
  outerNursery!: NurseryNode;
  /** The id of the first task that began, or may begin, after main had ended. */
  firstLateTask: number = Infinity;
  /** No callbacks from outside are taken any more. */
  closed = false;
  finished = false;
  /** What went wrong in the framework itself, or in a primitive or system task. */
  failure: unknown = undefined;

  /** Makes the error of a run that nothing could ever wake, around the one that main ended with. */
  deadlock: ((cause: unknown) => Error) | undefined = undefined;

  /** How many bodies of scopes and nurseries are on the stack at this moment, each called by the one before. */
  depth = 0;

  nextTaskId = 0;
  living = 0;
  /** Tasks that wait in an operation of ours; the others are running, about to run, or awaiting a foreign promise. */
  blocked = 0;
  /** Operations that wait; a task may have several. */
  waits = 0;
  /** Counts the times a task was woken, so that an observer can tell that something happened. */
  wakes = 0;

  // The async context of the caller of run(), for system tasks.
  readonly #context = new AsyncResource('TERCET_RUN');
  #coarse = UNKNOWN;
  #coarseUses = 0;
  #readsLeft = READS;
  #holders = 0;
  #holder: ReturnType<typeof setInterval> | undefined = undefined;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.clock = clock;
    this.deadlines = new Deadlines(clock);
  }

  /** A number from 0 to 1, for what is random in it. */
  random(): number {
    return Math.random();
  }

  taskBegins(): void {
    this.living++;
  }

  taskEnds(wasBlocked: boolean): void {
    this.living--;
    if (wasBlocked) this.blocked--;
    this.wakes++;
    if (this.blocked === this.living) this.idleWatch?.allBlocked();
  }

  taskBlocks(): void {
    if (++this.blocked === this.living) this.idleWatch?.allBlocked();
  }

  taskWakes(task: TaskNode): void {
    this.blocked--;
    this.wakes++;
    tellScheduled(task);
  }

  /** Another one whenever something has happened in it. */
  get progress(): string {
    return `${this.wakes}/${this.waits}`;
  }

  /** An invariant is broken: everything is cancelled, and `run` throws an `InternalError`. */
  crash(error: unknown): void {
    this.failure ??= new InternalError(`the run is broken: ${describeError(error)}`, { cause: error });
    this.systemNursery.cancelWith('shutdown', `internal error: ${describeError(error)}`);
  }

  /** Calls `fn` in the async context in which the run began, with the task-local values of that moment. */
  startOutside<R>(fn: () => R): R {
    return this.#context.runInAsyncScope(fn);
  }

  /**
   * About now, for what is only shown: reading the clock costs more than all else that a wait does, so it is read once for
   * all that happens in one go (benchmark `channel`). To hear when that is over costs more than reading it a few times, which
   * is what operations that come one by one do, those of a network for instance (benchmark `net`). An integer, which takes
   * no memory of its own in those who keep it.
   */
  get coarseNow(): number {
    if (this.#coarse !== UNKNOWN) {
      this.#coarseUses++;
      return this.#coarse;
    }
    const now = Math.floor(this.clock.now());
    if (--this.#readsLeft < 0) {
      this.#coarse = now;
      this.#coarseUses = 0;
      afterMicrotasks(this.#forgetCoarse);
    }
    return now;
  }

  readonly #forgetCoarse = (): void => {
    this.#coarse = UNKNOWN;
    if (this.#coarseUses < WORTHWHILE) this.#readsLeft = READS;
  };

  /** Keeps the process alive, until `letDie` has been called as often. */
  stayAlive(): void {
    if (this.#holders++ === 0) this.#holder = outside(() => setInterval(() => undefined, LONGEST_PERIOD));
  }

  letDie(): void {
    if (--this.#holders === 0) clearInterval(this.#holder);
  }

  /** How many have asked to keep the process alive. */
  get holders(): number {
    return this.#holders;
  }

  /** Lets go of everything that could outlive the run. */
  finish(): void {
    this.finished = true;
    this.root.retire();
    this.deadlines.clear();
    this.clock.stop?.();
    clearInterval(this.#holder);
    this.idleWatch?.stop();
  }
}
