import { AsyncResource } from 'node:async_hooks';
import { describeError } from '../errors/is-error.ts';
import { InternalError } from '../errors/tercet-error.ts';
import { reportScheduled } from '../probes/events.ts';
import type { Instruments } from '../observing/instruments.ts';
import type { ShutdownListener } from '../cancellation/shutdown.ts';
import type { NurseryNode } from '../tasks/nursery-node.ts';
import type { TaskNode } from '../tasks/task-node.ts';
import type { Clock } from '../time/clock.ts';
import { Deadlines } from '../time/deadlines.ts';
import { CoarseClock } from '../time/coarse-clock.ts';
import type { IdleWatch } from '../observing/idle-watch.ts';
import type { Order } from '../ordering/order.ts';
import { KeepAlive } from './keep-alive.ts';
import type { RunToken } from './run-token.ts';
import { Starter } from './starter.ts';
import { LoopSlice } from '../platform/loop-slice.ts';

/**
 * The state of one run: the services that its nodes use (clock, deadlines, slice, starter), its four permanent parts of the
 * tree, and the account of how its tasks are doing.
 *
 * Only the methods below write the account. While `blocked` equals `living`, every task waits in an operation of ours, and
 * nothing happens until something comes from outside: that is what virtual clocks and `waitAllTasksBlocked` look for.
 */
export class Run {
  readonly name: string;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly slice: LoopSlice;
  readonly starter: Pick<Starter, 'start'>;
  readonly keepAlive: KeepAlive = new KeepAlive();
  /** The values of its RunVars, by variable. */
  readonly variables: Map<object, unknown> = new Map();

  /** Watches for idleness: from the beginning for a clock that wants that, otherwise from the first caller on. */
  idleWatch: IdleWatch | undefined = undefined;
  /** Defined while there is at least one. */
  instruments: Instruments | undefined = undefined;
  /** Made when it is first asked for. */
  token: RunToken | undefined = undefined;
  /** Written by `listenForShutdown`, which makes it, and by `announceShutdown`. */
  shutdownListeners: Set<ShutdownListener> | undefined = undefined;

  /** The task at the root of the tree. This and the next three are set once, when the run begins. */
  root!: TaskNode;
  /** The task that runs the function given to `run`. */
  main!: TaskNode;
  /** The nursery of the system tasks; the nursery of main lies in it. */
  systemNursery!: NurseryNode;
  /** The nursery around that, in which the last callbacks run. */
  outerNursery!: NurseryNode;
  /** The id that the first task after the end of main has, or would have; Infinity until main has ended. */
  firstLateTask: number = Infinity;
  /** True from the moment in which callbacks from outside are refused. */
  closed = false;
  /** True when everything in it has ended, just before `run` settles. */
  finished = false;
  /** The first error of the framework itself, or of a primitive that broke its contract: `run` throws it. */
  failure: unknown = undefined;

  /** Defined once the run is known to be deadlocked: makes its error, whose cause is what main ended with. */
  deadlock: ((cause: unknown) => Error) | undefined = undefined;

  /** How many bodies of scopes and nurseries are on the stack now, each called by the one before. Written by `callIn`. */
  depth = 0;
  /** The id of the next task. Written by the constructor of tasks. */
  nextTaskId = 0;

  #living = 0;
  #blocked = 0;
  #waits = 0;
  #wakes = 0;
  /** The async context of the caller of `run`, for system tasks. */
  readonly #context = new AsyncResource('TERCET_RUN');
  readonly #coarseClock: CoarseClock;
  readonly #order: Order | undefined;

  /** @param order decides which step goes next; without one they go as they come. */
  constructor(name: string, clock: Clock, order?: Order) {
    this.name = name;
    this.clock = clock;
    this.#coarseClock = new CoarseClock(clock);
    this.deadlines = new Deadlines(clock, order);
    this.slice = order?.slice ?? new LoopSlice();
    this.starter = order ?? new Starter(this.slice);
    this.#order = order;
    order?.belongsTo(this);
  }

  /** A random number, at least 0 and less than 1; drawn from the seed of the run, if it has one. */
  random(): number {
    return this.#order === undefined ? Math.random() : this.#order.random();
  }

  // ---- the account of its tasks

  /** Tasks that have not ended. */
  get living(): number {
    return this.#living;
  }

  /** Tasks that wait in an operation of ours; the others run, are about to run, or await a foreign promise. */
  get blocked(): number {
    return this.#blocked;
  }

  /** Operations that wait; a task may have several. */
  get waits(): number {
    return this.#waits;
  }

  /** How often a task has been woken or has ended: while it stays the same, nothing has happened. */
  get wakes(): number {
    return this.#wakes;
  }

  taskBegins(): void {
    this.#living++;
  }

  taskEnds(wasBlocked: boolean): void {
    this.#living--;
    if (wasBlocked) this.#blocked--;
    this.#wakes++;
    if (this.#blocked === this.#living) this.idleWatch?.allBlocked();
  }

  /** @param blocksTask whether it is the only wait of a living task. */
  waitBegins(blocksTask: boolean): void {
    this.#waits++;
    if (blocksTask && ++this.#blocked === this.#living) this.idleWatch?.allBlocked();
  }

  /** @param woken the task, if that was the last of its waits. */
  waitEnds(woken: TaskNode | undefined): void {
    this.#waits--;
    if (woken === undefined) return;
    this.#blocked--;
    this.#wakes++;
    reportScheduled(woken);
  }

  /** A text that changes whenever something happens in the run. */
  get progress(): string {
    return `${this.#wakes}/${this.#waits}`;
  }

  /** The present instant to the millisecond, for what is only shown. */
  get coarseNow(): number {
    return this.#coarseClock.now;
  }

  /** Cancels everything, because an invariant is broken: `run` throws an `InternalError`. */
  crash(error: unknown): void {
    this.failure ??= new InternalError(`the run is broken: ${describeError(error)}`, { cause: error });
    this.systemNursery.cancelWith('shutdown', `internal error: ${describeError(error)}`);
  }

  /** Calls `fn` in the async context in which the run began, with the task-local values of that moment. */
  startOutside<R>(fn: () => R): R {
    return this.#context.runInAsyncScope(fn);
  }

  /** Releases everything that could outlive the run. */
  finish(): void {
    this.finished = true;
    this.root.retire();
    this.deadlines.clear();
    this.clock.stop?.();
    this.keepAlive.stop();
    this.#order?.slice.end();
    this.idleWatch?.stop();
  }
}
