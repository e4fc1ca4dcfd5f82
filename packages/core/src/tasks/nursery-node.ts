import type { CancelNode } from '../cancellation/cancel-node.ts';
import { CancelScope } from '../cancellation/cancel-scope.ts';
import { nameForeignIn } from '../foreign/foreign-cancelled.ts';
import { ScopeNode } from '../cancellation/scope-node.ts';
import { isCancelled } from '../errors/cancelled.ts';
import { ExceptionGroup } from '../errors/exception-group.ts';
import { describeError } from '../errors/is-error.ts';
import { StateError } from '../errors/tercet-error.ts';
import { unawaited } from '../errors/unawaited.ts';
import { tellSpawned } from '../probes/events.ts';
import { currentFrame } from '../frames/frames.ts';
import type { LocalsHolder } from '../frames/frames.ts';
import { Wait } from '../waiting/wait.ts';
import type { AbortOutcome } from '../waiting/wait.ts';
import { errorsAfter } from './error-handler.ts';
import type { ErrorHandler } from './error-handler.ts';
import { Nursery } from './nursery.ts';
import { TaskNode } from './task-node.ts';
import type { TaskFunction } from './task-node.ts';

/** At most so many tasks are named in a text. */
const MOST_NAMED = 10;

/**
 * The node of a nursery: the scope of its children and of its body, and the account of who is still there.
 *
 * It is open until three things are gone: the body, the child tasks, and the `start()` calls that may still bring a
 * child. Errors of any of them are collected, and the first one cancels the rest.
 */
export class NurseryNode extends ScopeNode {
  closed = false;
  #bodyEnded = false;
  #childCount = 0;
  #pendingStarts = 0;
  #errors: unknown[] | undefined = undefined;
  #joiners: JoinWait[] | undefined = undefined;
  /** The service tasks that have not ended, in the order of their start. */
  #services: TaskNode[] | undefined = undefined;
  #facade: Nursery | undefined = undefined;
  #scope: CancelScope | undefined = undefined;

  /** Where its tasks will move to, when it is the one that belongs to a `start()`. */
  readonly target: NurseryNode | undefined;

  /** Is asked about the error of each child that fails. */
  onError: ErrorHandler | undefined = undefined;

  constructor(parent: CancelNode, target?: NurseryNode) {
    super();
    this.target = target;
    this.enter(parent);
  }

  override get kind(): 'nursery' {
    return 'nursery';
  }

  /** What users hold: made when it is asked for. */
  get facade(): Nursery {
    return (this.#facade ??= Nursery.of(this));
  }

  get scope(): CancelScope {
    return (this.#scope ??= new CancelScope(this));
  }

  /** A nursery of the same kind, somewhere else: the one in which `start()` lets a child begin. */
  openFor(target: NurseryNode, parent: CancelNode): NurseryNode {
    return new NurseryNode(parent, target);
  }

  get isEmpty(): boolean {
    return this.#childCount === 0 && this.#pendingStarts === 0;
  }

  // ---- its tasks

  /**
   * Makes a task and lets it begin soon, in the async context of the caller.
   *
   * @param holder has the task-local values of which it gets a copy; by default the caller has.
   */
  spawn(
    fn: TaskFunction,
    args: readonly unknown[],
    holder: LocalsHolder = currentFrame()?.localsHolder ?? this.localsHolder,
  ): TaskNode {
    this.requireOpen('startSoon()');
    const task = new TaskNode(this.run, this, fn, args, holder.locals);
    this.#childCount++;
    tellSpawned(task);
    this.run.starter.start(task);
    return task;
  }

  /** Makes a task that does not keep the nursery open: see `Nursery.startService`. */
  spawnService(fn: TaskFunction, args: readonly unknown[]): TaskNode {
    this.requireOpen('startService()');
    const task = this.spawn(fn, args);
    this.#childCount--;
    // A cancellation from outside reaches it only when the others have ended.
    task.setShield(true);
    (this.#services ??= []).push(task);
    return task;
  }

  requireOpen(operation: string): void {
    if (!this.closed) return;
    throw new StateError(
      `${operation}: the nursery is closed, its body and all its tasks have ended; open another one`,
    );
  }

  childEnded(task: TaskNode, threw: boolean): void {
    const service = this.#services?.indexOf(task) ?? -1;
    if (service < 0) this.#childCount--;
    else this.#services!.splice(service, 1);
    if (threw) {
      const errors = this.onError === undefined ? [task.outcome] : errorsAfter(this.onError, this, task);
      for (const error of errors) this.collect(error, 'child task', task);
    }
    this.#closeIfDone();
  }

  /** Takes over the tasks of a nursery in which they were being started. */
  takeOver(from: NurseryNode): void {
    for (const child of from.children()) {
      if (!isTask(child)) continue;
      from.#childCount--;
      this.#childCount++;
      child.moveTo(this);
    }
    from.#closeIfDone();
  }

  expectStart(): void {
    this.#pendingStarts++;
  }

  startEnded(): void {
    this.#pendingStarts--;
    this.#closeIfDone();
  }

  // ---- its end

  collect(error: unknown, thrower: string, source: { readonly name: string }): void {
    if (this.#errors === undefined) this.#errors = [error];
    // Thousands may be cancelled at once: one Cancelled stands for all in a row.
    else if (!isCancelled(error) || !isCancelled(this.#errors.at(-1))) this.#errors.push(error);
    if (this.cancelCalled) return;
    this.cancelWith('nursery', `${thrower} raised exception ${describeError(error)}`, source.name);
  }

  bodyThrew(error: unknown): void {
    const body = "the nursery's body";
    this.collect(nameForeignIn(this, error, body), body, this.task);
  }

  /** The body is done: waits for all the others, and leaves the tree. No checkpoint: the waiting parent is not cancelled. */
  async join(): Promise<void> {
    const unfinished = this.#errors === undefined ? this.unfinished() : undefined;
    if (unfinished !== undefined) this.bodyThrew(unawaited('a nursery', unfinished));
    this.#bodyEnded = true;
    this.#closeIfDone();
    // Others may go on, also when there is nobody to wait for.
    if (this.closed) await this.ready(undefined);
    else await this.untilEmpty(this);
    const strays = this.exit();
    if (strays !== undefined) await strays;
  }

  /** All that went wrong in it, in the order in which it happened. */
  get errors(): readonly unknown[] | undefined {
    return this.#errors;
  }

  get failure(): ExceptionGroup | undefined {
    return this.#errors && ExceptionGroup.listing(tasksFailed, this.#errors);
  }

  #closeIfDone(): void {
    if (!this.#bodyEnded || !this.isEmpty || this.closed) return;
    const service = this.#services?.at(-1);
    if (service !== undefined) {
      // Each ends before the one that was started before it is cancelled.
      service.cancelWith('nursery', 'the tasks that it served have ended');
      return;
    }
    this.closed = true;
    if (this.#joiners !== undefined) for (const joiner of this.#joiners) joiner.wake();
  }

  protected override untilEmpty(waiter: CancelNode): Promise<void> | undefined {
    if (this.closed) return undefined;
    waiter.task.schedulePoints++;
    const joiner = new JoinWait(waiter, 'end of the tasks of a nursery', false);
    (this.#joiners ??= []).push(joiner);
    return joiner.promise;
  }

  protected override describePending(): string {
    const names: string[] = [];
    for (const child of this.children()) {
      if (!isTask(child)) continue;
      if (names.push(child.name) > MOST_NAMED) break;
    }
    if (names.length > MOST_NAMED) names[MOST_NAMED] = '…';
    return names.length === 0 ? 'a nursery' : `a nursery (${names.join(', ')})`;
  }
}

function tasksFailed(count: number): string {
  return count === 1 ? '1 task failed' : `${count} tasks failed`;
}

class JoinWait extends Wait<void> {
  protected override withdraw(): AbortOutcome {
    return 'failed';
  }
}

// By kind, not by class: it may be another copy's.
function isTask(node: CancelNode): node is TaskNode {
  return node.kind === 'task';
}
