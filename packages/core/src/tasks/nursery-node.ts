import type { CancelNode } from '../cancellation/cancel-node.ts';
import { CancelScope } from '../cancellation/cancel-scope.ts';
import { nameForeignIn } from '../foreign/foreign-cancelled.ts';
import { ScopeNode } from '../cancellation/scope-node.ts';
import { isCancelled } from '../errors/cancelled.ts';
import { ExceptionGroup } from '../errors/exception-group.ts';
import { describeError } from '../errors/is-error.ts';
import { StateError } from '../errors/tercet-error.ts';
import { unawaited } from '../errors/unawaited.ts';
import { reportSpawned } from '../probes/events.ts';
import { currentFrame } from '../frames/frames.ts';
import type { LocalsHolder } from '../frames/frames.ts';
import { Wait } from '../waiting/wait.ts';
import type { AbortOutcome } from '../waiting/wait.ts';
import { errorsAfter } from './error-handler.ts';
import type { ErrorHandler } from './error-handler.ts';
import { Nursery } from './nursery.ts';
import { TaskNode } from './task-node.ts';
import type { TaskFunction } from './task-node.ts';
import { unfinishedIn } from '../cancellation/unfinished.ts';
import { childrenOf } from '../cancellation/child-list.ts';

/** Number of tasks that a text names at most. */
const MOST_NAMED = 10;

/**
 * The node of a nursery: the scope of its children and of its body, and the account of what in it has not ended.
 *
 * Implementation details: a nursery is open until three things are gone: the body, the child tasks, and the calls of
 * `start()` that may still bring a child. `#closeIfDone` is called after each of these events. Services are children that do
 * not count: when only they are left, it cancels the last one, and the end of that calls it again. With nothing left it
 * closes the nursery and wakes the joiners. Errors of the body and of children are collected in the order in which they
 * happen, and the first one cancels the nursery. The children themselves are those of the cancellation tree.
 *
 * `start()` opens a hidden nursery below its caller, in which the child begins, and moves the child from there to the target.
 */
export class NurseryNode extends ScopeNode {
  /** True once the body, all children and all pending starts have ended. It takes no more tasks then. */
  closed = false;
  /** True once the body has ended, also with an error. */
  #bodyEnded = false;
  /** Children that have not ended, without services. */
  #childCount = 0;
  /** Calls of `start()` that have this nursery as their target and have not ended. */
  #pendingStarts = 0;
  /** Defined once something has failed; never empty. */
  #errors: unknown[] | undefined = undefined;
  /** Tasks that wait until the nursery is closed: its opener, or code that leaves a scope around it. */
  #joiners: JoinWait[] | undefined = undefined;
  /** The services that have not ended, in the order of their start. */
  #services: TaskNode[] | undefined = undefined;
  /** Made when they are first asked for. */
  #facade: Nursery | undefined = undefined;
  #scope: CancelScope | undefined = undefined;

  /** For the hidden nursery of a `start()`: the nursery to which its task will move. */
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

  /** The object that users hold. */
  get facade(): Nursery {
    return (this.#facade ??= Nursery.of(this));
  }

  get scope(): CancelScope {
    return (this.#scope ??= new CancelScope(this));
  }

  /** Opens the hidden nursery in which a child of `start()` begins. */
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
   * @param holder holds the task-local values that the task gets a copy of; by default those of the caller.
   */
  spawn(
    fn: TaskFunction,
    args: readonly unknown[],
    holder: LocalsHolder = currentFrame()?.localsHolder ?? this.localsHolder,
  ): TaskNode {
    this.requireOpen('startSoon()');
    const task = new TaskNode(this.run, this, fn, args, holder.locals);
    this.#childCount++;
    reportSpawned(task);
    this.run.starter.start(task);
    return task;
  }

  /** Makes a task that does not keep the nursery open: see `Nursery.startService`. */
  spawnService(fn: TaskFunction, args: readonly unknown[]): TaskNode {
    this.requireOpen('startService()');
    const task = this.spawn(fn, args);
    this.#childCount--;
    // A cancellation from outside must not reach it before the other tasks have ended.
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

  /** Takes over the tasks of the hidden nursery of a `start()`. */
  takeOver(from: NurseryNode): void {
    for (const child of childrenOf(from)) {
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
    // Thousands of tasks may be cancelled at once: one Cancelled stands for all that follow each other.
    else if (!isCancelled(error) || !isCancelled(this.#errors.at(-1))) this.#errors.push(error);
    if (this.cancelCalled) return;
    this.cancelWith('nursery', `${thrower} raised exception ${describeError(error)}`, source.name);
  }

  bodyThrew(error: unknown): void {
    const body = "the nursery's body";
    this.collect(nameForeignIn(this, error, body), body, this.task);
  }

  /** Waits for the others after the end of the body, and leaves the tree. A cancellation does not end this wait. */
  async join(): Promise<void> {
    const unfinished = this.#errors === undefined ? unfinishedIn(this) : undefined;
    if (unfinished !== undefined) this.bodyThrew(unawaited('a nursery', unfinished));
    this.#bodyEnded = true;
    this.#closeIfDone();
    // Other tasks go on in any case, also when there is nothing to wait for.
    if (this.closed) await this.ready(undefined);
    else await this.untilEmpty(this);
    const orphans = this.exit();
    if (orphans !== undefined) await orphans;
  }

  /** The errors of its body and its tasks, in the order in which they happened. */
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
      // Its end leads back to here, and to the service that was started before it.
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

  override describePending(): string {
    const names: string[] = [];
    for (const child of childrenOf(this)) {
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

// By kind, not by class: it may be of another copy of this library.
function isTask(node: CancelNode): node is TaskNode {
  return node.kind === 'task';
}
