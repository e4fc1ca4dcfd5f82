import { AsyncResource } from 'node:async_hooks';
import { absorb } from '../cancellation/absorb.ts';
import { CancelNode } from '../cancellation/cancel-node.ts';
import { makeCancelled } from '../errors/cancelled.ts';
import { unawaited } from '../errors/unawaited.ts';
import { tellExited } from '../observing/events.ts';
import { siteOf } from '../observing/sites.ts';
import { callInContext, frames } from '../running/frames.ts';
import type { LocalsHolder } from '../running/frames.ts';
import { inspectAs, warn } from '../running/platform.ts';
import type { Run } from '../running/run-state.ts';
import { checkpoint } from '../waiting/checkpoint.ts';
import type { Wait } from '../waiting/wait.ts';
import { WaitQueue } from '../waiting/wait-queue.ts';
import type { Nursery } from './nursery.ts';
import type { NurseryNode } from './nursery-node.ts';
import type { ExitHook, Task, TaskState } from './task.ts';

/** As many `Cancelled` may a task catch and come back for more, before the next ones let the event loop turn in between. */
const SWALLOWED_LIMIT = 1000;

const NO_ARGUMENTS: readonly unknown[] = [];

/** A task: its place in the tree, its function while it has not begun, its outcome when it has ended. */
export class TaskNode extends CancelNode implements Task, LocalsHolder {
  static {
    inspectAs(this, (task) => {
      const state = task.waitingFor === undefined ? task.state : `waiting for ${task.waitingFor}`;
      return `${task.toString()}: ${state}`;
    });
  }

  override readonly task: TaskNode = this;
  override readonly localsHolder: LocalsHolder = this;
  readonly id: number;
  locals: unknown;
  /** Where it was spawned, with `TERCET_DEBUG=1`. */
  readonly site: string | undefined = siteOf(TaskNode);
  nursery: NurseryNode | undefined;
  eventualNursery: NurseryNode | undefined = undefined;
  state: TaskState = 'running';
  /** Its value or its error, once it has ended. */
  outcome: unknown = undefined;
  cancelPoints = 0;
  schedulePoints = 0;
  /** The nurseries it has open, in the order in which they were opened. */
  nurseries: NurseryNode[] | undefined = undefined;

  private readonly fn: TaskFunction;
  private args: readonly unknown[];
  private context: AsyncResource | undefined = undefined;
  private waitCount = 0;
  private latestWait: Wait<never> | undefined = undefined;
  private joiners: WaitQueue<void> | undefined = undefined;
  private exitHooks: Set<ExitHook> | undefined = undefined;
  private swallowed = 0;

  constructor(run: Run, nursery: NurseryNode | undefined, fn: TaskFunction, args: readonly unknown[], locals: unknown) {
    super(run);
    this.nursery = nursery;
    this.fn = fn;
    this.args = args;
    this.id = run.nextTaskId++;
    this.locals = locals;
    run.taskBegins();
    if (nursery !== undefined) this.attach(nursery);
  }

  override get kind(): 'task' {
    return 'task';
  }

  get name(): string {
    const { name } = this.fn;
    if (name === '') return '<anonymous>';
    return name.startsWith('bound ') ? name.replace(/^(bound )+/, '') : name;
  }

  // ---- its life: every task of every run begins and ends here

  /** Lets it begin soon, in the async context of the caller. */
  schedule(): void {
    this.context = new AsyncResource('TERCET_TASK');
    this.run.starter.start(this);
  }

  /** Called by the starter of the run. */
  begin(): void {
    const context = this.context!;
    this.context = undefined;
    callInContext(context, this, callTaskFunction, this);
  }

  callFunction(): void {
    const fn = this.fn as (...args: readonly unknown[]) => unknown;
    const { args } = this;
    this.args = NO_ARGUMENTS;
    let result: unknown;
    try {
      result = args.length === 0 ? fn() : fn(...args);
    } catch (error) {
      this.threw(error);
      return;
    }
    if (isThenable(result)) result.then(currentTaskReturned, currentTaskThrew);
    else this.returned(result);
  }

  returned(value: unknown): void {
    if (!this.hasUnfinished) {
      void this.leave();
      this.end('done', value);
      return;
    }
    const error = unawaited(`task ${this.name}`, this.unfinished());
    this.endAfter(this.leave(), () => this.end('failed', error));
  }

  threw(error: unknown): void {
    const absorbing = this.absorbs;
    this.endAfter(this.leave(), () => {
      const { remains, error: rest } = absorb(error);
      if (!absorbing) this.end(remains ? 'failed' : 'cancelled', error, true);
      else if (remains) this.end('failed', rest);
      else this.end('cancelled', error);
    });
  }

  private endAfter(strays: Promise<unknown> | undefined, end: () => void): void {
    if (strays === undefined) end();
    else void strays.then(end);
  }

  /** The root task has no body that could return: code that is left in its frame ends at its next checkpoint. */
  retire(): void {
    this.exited = true;
    this.refresh();
  }

  /** @param throws whether the nursery gets its outcome as an error. */
  private end(state: TaskState, outcome: unknown, throws: boolean = state === 'failed'): void {
    const { run, nursery, exitHooks, joiners } = this;
    this.state = state;
    this.outcome = outcome;
    run.taskEnds(this.waitCount > 0);
    if (exitHooks !== undefined) for (const hook of exitHooks) hook(this);
    if (joiners !== undefined) while (joiners.wakeFirst());
    tellExited(run, this);
    nursery?.childEnded(this, throws);
  }

  // ---- what it waits for

  waitBegins(wait: Wait<never>): void {
    this.latestWait = wait;
    this.run.waits++;
    if (this.waitCount++ === 0 && this.state === 'running') this.run.taskBlocks();
  }

  waitEnds(wait: Wait<never>): void {
    if (this.latestWait === wait) this.latestWait = undefined;
    this.run.waits--;
    if (--this.waitCount === 0 && this.state === 'running') this.run.taskWakes(this);
  }

  get waitingFor(): string | undefined {
    if (this.waitCount === 0) return undefined;
    return this.latestWait?.what ?? 'several operations';
  }

  /** Counts an operation that is a full checkpoint. */
  countCheckpoint(): void {
    this.cancelPoints++;
    this.schedulePoints++;
  }

  // ---- swallowed cancellations

  /** Whether it keeps catching `Cancelled` and coming back, so often that the event loop would starve. */
  get spins(): boolean {
    return this.swallowed > SWALLOWED_LIMIT;
  }

  /** It has come to a checkpoint in a scope that was cancelled before. */
  comesBackCancelled(node: CancelNode): void {
    if (++this.swallowed === SWALLOWED_LIMIT + 1) warnOfSwallowing(this, node);
  }

  /** A scope of the task has absorbed a cancellation: it was not swallowed. */
  forgetCancelled(): void {
    this.swallowed = 0;
  }

  // ---- what others may ask of it

  get parentNursery(): Nursery | undefined {
    return this.nursery?.facade;
  }

  get eventualParentNursery(): Nursery | undefined {
    return this.eventualNursery?.facade;
  }

  get childNurseries(): readonly Nursery[] {
    return this.nurseries?.map((nursery) => nursery.facade) ?? [];
  }

  /** Calls `hook` when the task has ended, before its nursery hears of it. */
  onExit(hook: ExitHook): void {
    (this.exitHooks ??= new Set()).add(hook);
  }

  offExit(hook: ExitHook): void {
    this.exitHooks?.delete(hook);
  }

  /** Waits until it has ended. */
  join(): Promise<void> {
    if (this.state !== 'running') return checkpoint();
    return (this.joiners ??= new WaitQueue<void>(`end of task ${this.name}`)).wait(undefined);
  }

  override toString(): string {
    return `Task ${this.name}#${this.id}`;
  }
}

export type TaskFunction = (...args: never[]) => unknown;

// The functions below are shared by all tasks: each finds its own through the context that it runs in.

function callTaskFunction(task: TaskNode): void {
  task.callFunction();
}

function currentTaskReturned(value: unknown): void {
  ownTask().returned(value);
}

function currentTaskThrew(error: unknown): void {
  ownTask().threw(error);
}

function ownTask(): TaskNode {
  return frames.getStore() as TaskNode;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}

function warnOfSwallowing(task: TaskNode, node: CancelNode): void {
  const why = node.cause === undefined ? '' : ` (${makeCancelled(node.cause).message})`;
  warn(
    `task ${task.name}#${task.id} has caught Cancelled ${SWALLOWED_LIMIT} times and goes on in a cancelled scope${why}; ` +
      'let Cancelled pass: throw it on, or use rethrowIfCancelled()',
    'TercetSwallowedCancellation',
  );
}
