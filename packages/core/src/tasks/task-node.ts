import { absorb } from '../errors/absorb.ts';
import { CancelNode } from '../cancellation/cancel-node.ts';
import { nameForeignIn } from '../foreign/foreign-cancelled.ts';
import { CancelCause, makeCancelled } from '../errors/cancelled.ts';
import { TaskFailedError } from '../errors/tercet-error.ts';
import { unawaited } from '../errors/unawaited.ts';
import { tellExited } from '../probes/events.ts';
import { loadObserving } from '../probes/load-observing.ts';
import { noteSite } from '../probes/sites.ts';
import { callInFrameFrom, captureContext, currentFrame, findNode, forgetFrame } from '../frames/frames.ts';
import type { LocalsHolder } from '../frames/frames.ts';
import { inspectAs } from '../platform/platform.ts';
import type { Run } from '../running/run-state.ts';
import { whenSettled } from '../foreign/foreign-result.ts';
import type { Selectable } from '../waiting/selectable.ts';
import type { ExitHook } from '../waiting/task-exit.ts';
import type { Wait } from '../waiting/wait.ts';
import { nameOf } from '../foreign/name-of.ts';
import type { Nursery } from './nursery.ts';
import type { NurseryNode } from './nursery-node.ts';
import type { Task, TaskState } from './task.ts';
import { joiningTask, joinTask } from './task-end.ts';
import type { TaskHandle } from './task-handle.ts';

/** Number of times that a task may catch `Cancelled` and come back for more; from then on the event loop turns in between. */
const SWALLOWED_LIMIT = 1000;

/**
 * A task: its place in the tree, its function, its outcome when it has ended. It is also the
 * handle that `startSoon` returns, and what primitives see as a `Task`.
 */
export class TaskNode extends CancelNode implements Task, TaskHandle<unknown>, LocalsHolder {
  static {
    inspectAs(this, (task) => {
      const state = task.waitingFor === undefined ? task.state : `waiting for ${task.waitingFor}`;
      return `${task.toString()}: ${state}`;
    });
  }

  readonly id: number;
  locals: unknown;
  state: TaskState = 'running';
  /** Its value or its error, once it has ended. */
  outcome: unknown = undefined;
  cancelPoints = 0;
  schedulePoints = 0;

  private readonly fn: TaskFunction;
  /** Both until it begins. */
  private args: readonly unknown[] | undefined;
  private context: unknown = captureContext();
  private waitCount = 0;
  private latestWait: Wait<never> | undefined = undefined;
  private exitHooks: Set<ExitHook> | undefined = undefined;
  private swallowed = 0;

  constructor(run: Run, nursery: NurseryNode | undefined, fn: TaskFunction, args: readonly unknown[], locals: unknown) {
    super();
    this.run = run;
    this.fn = fn;
    this.args = args;
    this.id = run.nextTaskId++;
    this.locals = locals;
    noteSite(this, TaskNode);
    run.taskBegins();
    if (nursery !== undefined) this.attach(nursery);
  }

  override get kind(): 'task' {
    return 'task';
  }

  override get task(): TaskNode {
    return this;
  }

  override get localsHolder(): LocalsHolder {
    return this;
  }

  /** The one it lives in; the root task has none. */
  get nursery(): NurseryNode | undefined {
    return this.parent as NurseryNode | undefined;
  }

  get name(): string {
    return nameOf(this.fn) || '<anonymous>';
  }

  // ---- its life: every task of every run begins and ends here

  /** Begins, in the async context of its spawner: called by the starter of its run. */
  begin(): void {
    const { context } = this;
    this.context = undefined;
    callInFrameFrom(context, this, callFunctionOf, this);
  }

  callFunction(): void {
    const fn = this.fn as (...args: readonly unknown[]) => unknown;
    const args = this.args!;
    this.args = undefined;
    let result: unknown;
    try {
      result = args.length === 0 ? fn() : fn(...args);
    } catch (error) {
      this.threw(error);
      return;
    }
    if (!whenSettled(result, currentTaskReturned, currentTaskThrew)) this.returned(result);
  }

  returned(value: unknown): void {
    const unfinished = this.unfinished();
    if (unfinished === undefined) {
      void this.leave();
      this.end('done', value);
    } else this.threw(unawaited(`task ${this.name}`, unfinished));
  }

  threw(error: unknown): void {
    const absorbing = this.absorbs;
    // What main throws comes out of the run as it is.
    const mayBeForeign = this.cause === undefined && this !== this.run.main;
    const own = mayBeForeign ? nameForeignIn(this, error, `task ${this.name}`) : error;
    const strays = this.leave();
    if (strays === undefined) this.endWith(own, absorbing);
    else void strays.then(() => this.endWith(own, absorbing));
  }

  private endWith(error: unknown, absorbing: boolean): void {
    const { remains, error: rest } = absorb(error);
    if (!absorbing) this.end(remains ? 'failed' : 'cancelled', error, true);
    else if (remains) this.end('failed', rest);
    else this.end('cancelled', error);
  }

  /** The root task has no body that could return: code that is left in its frame ends at its next checkpoint. */
  retire(): void {
    this.exited = true;
    this.refresh();
  }

  /** @param throws whether the nursery gets its outcome as an error. */
  private end(state: TaskState, outcome: unknown, throws: boolean = state === 'failed'): void {
    const { run, nursery, exitHooks } = this;
    this.state = state;
    this.outcome = outcome;
    run.taskEnds(this.waitCount > 0);
    forgetFrame();
    if (exitHooks !== undefined) this.callHooks(exitHooks);
    tellExited(this);
    nursery?.childEnded(this, throws);
  }

  private callHooks(hooks: Iterable<ExitHook>): void {
    for (const hook of hooks) {
      try {
        hook(this);
      } catch (error) {
        this.run.crash(error);
      }
    }
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
    if (++this.swallowed !== SWALLOWED_LIMIT + 1) return;
    const text = node.cause?.text;
    void loadObserving().then(({ warnOfSwallowing }) => warnOfSwallowing(this, SWALLOWED_LIMIT, text));
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
    return this.nursery?.target?.facade;
  }

  get childNurseries(): readonly Nursery[] {
    const nurseries: Nursery[] = [];
    for (const node of this.scopes()) if (node.kind === 'nursery') nurseries.push((node as NurseryNode).facade);
    return nurseries;
  }

  /** Calls `hook` when the task has ended, before its nursery hears of it. */
  onExit(hook: ExitHook): void {
    (this.exitHooks ??= new Set()).add(hook);
  }

  offExit(hook: ExitHook): void {
    this.exitHooks?.delete(hook);
  }

  cancel(reason?: string): void {
    if (this.state === 'running') this.cancelFor(new CancelCause('explicit', reason, findNode()?.task.name));
  }

  async result(): Promise<unknown> {
    await this.join();
    if (this.state === 'done') return this.outcome;
    if (this.state === 'cancelled') throw makeCancelled(this.cause ?? new CancelCause('explicit'));
    throw new TaskFailedError(`task ${this.name} has failed`, { cause: this.outcome });
  }

  join(): Promise<void> {
    return joinTask(this);
  }

  joining(): Selectable<void> {
    return joiningTask(this);
  }

  override toString(): string {
    return `Task ${this.name}#${this.id}`;
  }
}

export type TaskFunction = (...args: never[]) => unknown;

function callFunctionOf(task: TaskNode): void {
  task.callFunction();
}

// The two functions below are shared by all tasks: each finds its own through the frame that it runs in.

function currentTaskReturned(value: unknown): void {
  ownTask().returned(value);
}

function currentTaskThrew(error: unknown): void {
  ownTask().threw(error);
}

function ownTask(): TaskNode {
  return currentFrame() as TaskNode;
}
