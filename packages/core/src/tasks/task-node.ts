import { absorb } from '../errors/absorb.ts';
import { CancelNode } from '../cancellation/cancel-node.ts';
import { nameForeignIn } from '../foreign/foreign-cancelled.ts';
import { CancelCause, makeCancelled } from '../errors/cancelled.ts';
import { TaskFailedError } from '../errors/tercet-error.ts';
import { unawaited } from '../errors/unawaited.ts';
import { textOf } from '../foreign/text-of.ts';
import { reportExited } from '../probes/events.ts';
import { withObserving } from '../probes/load-observing.ts';
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
import { unfinishedIn } from '../cancellation/unfinished.ts';
import { scopesIn } from '../cancellation/child-list.ts';

/** Number of times that a task may catch `Cancelled` and come to another checkpoint before the event loop turns in between. */
const SWALLOWED_LIMIT = 1000;

/**
 * A task: its place in the tree, its function and, when it has ended, its outcome. It is also the handle that `startSoon`
 * returns, and the `Task` that primitives see.
 */
export class TaskNode extends CancelNode implements Task, TaskHandle<unknown>, LocalsHolder {
  static {
    inspectAs(this, (task) => {
      const state = task.waitingFor === undefined ? task.state : `waiting for ${task.waitingFor}`;
      return `${task.toString()}: ${state}`;
    });
  }

  readonly id: number;
  /** Its task-local values: one immutable value, replaced as a whole. */
  locals: unknown;
  /** `'running'` until `end`, which is called once. */
  state: TaskState = 'running';
  /** Its value or its error; `undefined` until it has ended. */
  outcome: unknown = undefined;
  cancelPoints = 0;
  schedulePoints = 0;

  private readonly fn: TaskFunction;
  /** The arguments and the async context of the spawner; `undefined` once the task has begun, so that they can be collected. */
  private args: readonly unknown[] | undefined;
  private context: unknown = captureContext();
  /** Number of its operations that wait. Several when it awaits them by `Promise.all`. */
  private waitCount = 0;
  /** The operation that began to wait last; `undefined` when that one has ended. */
  private latestWait: Wait<never> | undefined = undefined;
  /** Called once when it has ended. */
  private exitHooks: Set<ExitHook> | undefined = undefined;
  /** Number of checkpoints in a cancelled scope since a scope of the task last absorbed a cancellation. */
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

  /** The nursery in which it lives. The root task has none. */
  get nursery(): NurseryNode | undefined {
    return this.parent as NurseryNode | undefined;
  }

  get name(): string {
    return nameOf(this.fn) || '<anonymous>';
  }

  // ---- its life: each task of each run begins and ends here

  /** Begins, in the async context of its spawner: called by the starter of its run. */
  begin(): void {
    const { context } = this;
    this.context = undefined;
    callInFrameFrom(context, this, callFunctionOf, this);
  }

  /** Ends a task whose function could not even be called, so that its nursery does not wait for it for ever. */
  failToBegin(error: unknown): void {
    if (this.args !== undefined) this.end('failed', error);
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
    const unfinished = unfinishedIn(this);
    if (unfinished === undefined) {
      void this.leave();
      this.end('done', value);
    } else this.threw(unawaited(`task ${this.name}`, unfinished));
  }

  threw(error: unknown): void {
    const absorbing = this.absorbs;
    // The error of main comes out of the run as it is.
    const mayBeForeign = this.cause === undefined && this !== this.run.main;
    const own = mayBeForeign ? nameForeignIn(this, error, `task ${this.name}`) : error;
    const orphans = this.leave();
    if (orphans === undefined) this.endWith(own, absorbing);
    else void orphans.then(() => this.endWith(own, absorbing));
  }

  private endWith(error: unknown, absorbing: boolean): void {
    const { remains, error: rest } = absorb(error);
    if (!absorbing) this.end(remains ? 'failed' : 'cancelled', error, true);
    else if (remains) this.end('failed', rest);
    else this.end('cancelled', error);
  }

  /** Ends the root task, which has no body that could return. Code that is left in its frame ends at its next checkpoint. */
  retire(): void {
    this.exited = true;
    this.refresh();
  }

  /** @param throws whether its outcome is an error that the nursery gets. */
  private end(state: TaskState, outcome: unknown, throws: boolean = state === 'failed'): void {
    const { run, nursery, exitHooks } = this;
    this.state = state;
    this.outcome = outcome;
    run.taskEnds(this.waitCount > 0);
    forgetFrame();
    if (exitHooks !== undefined) this.callHooks(exitHooks);
    reportExited(this);
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
    this.run.waitBegins(this.waitCount++ === 0 && this.state === 'running');
  }

  waitEnds(wait: Wait<never>): void {
    if (this.latestWait === wait) this.latestWait = undefined;
    this.run.waitEnds(--this.waitCount === 0 && this.state === 'running' ? this : undefined);
  }

  get waitingFor(): string | undefined {
    if (this.waitCount === 0) return undefined;
    return this.latestWait === undefined ? 'several operations' : textOf(this.latestWait.what);
  }

  /** Counts an operation that is a full checkpoint. */
  countCheckpoint(): void {
    this.cancelPoints++;
    this.schedulePoints++;
  }

  // ---- swallowed cancellations

  /** Whether it keeps catching `Cancelled` and coming to the next checkpoint, so often that it would starve the event loop. */
  get spins(): boolean {
    return this.swallowed > SWALLOWED_LIMIT;
  }

  /** It has come to a checkpoint in a scope that was cancelled before. */
  comesBackCancelled(node: CancelNode): void {
    if (++this.swallowed !== SWALLOWED_LIMIT + 1) return;
    const text = node.cause?.text;
    withObserving(({ warnOfSwallowing }) => warnOfSwallowing(this, SWALLOWED_LIMIT, text));
  }

  /** A scope of the task has absorbed a cancellation, so the task has not swallowed it. */
  forgetCancelled(): void {
    this.swallowed = 0;
  }

  // ---- what other tasks may ask

  get parentNursery(): Nursery | undefined {
    return this.nursery?.facade;
  }

  get eventualParentNursery(): Nursery | undefined {
    return this.nursery?.target?.facade;
  }

  get childNurseries(): readonly Nursery[] {
    const nurseries: Nursery[] = [];
    for (const node of scopesIn(this)) if (node.kind === 'nursery') nurseries.push((node as NurseryNode).facade);
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

// All tasks share these two functions, which find their task by the frame in which they run.

function currentTaskReturned(value: unknown): void {
  ownTask().returned(value);
}

function currentTaskThrew(error: unknown): void {
  ownTask().threw(error);
}

function ownTask(): TaskNode {
  return currentFrame() as TaskNode;
}
