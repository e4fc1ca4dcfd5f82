import { CancelCause, EXITED, makeCancelled } from '../errors/cancelled.ts';
import type { CancelSource } from '../errors/cancelled.ts';
import { reportCancelled } from '../probes/events.ts';
import type { Frame, LocalsHolder } from '../frames/frames.ts';
import type { Run } from '../running/run-state.ts';
import type { TaskNode } from '../tasks/task-node.ts';
import type { Caller } from '../waiting/caller.ts';
import { resolved } from '../platform/resolved.ts';
import { announceShutdown } from './shutdown.ts';
import type { SoftEnd } from './shutdown.ts';
import type { WaitList } from '../waiting/wait-list.ts';
import type { Wait } from '../waiting/wait.ts';
import { appendToParent, removeFromParent, scopesIn } from './child-list.ts';
import { expectEnd, hasEnded } from './overdue.ts';

const ignore = (): void => undefined;

/**
 * One node of a run's cancellation tree: an entered scope, or a task.
 *
 * The invariant that everything rests on:
 *
 *     effective = cancelCalled, or exited, or (the parent is effective, and no shield stands between)
 *
 * It is kept eagerly: each method that changes one of the terms calls `refresh`, which walks the part of the subtree that
 * changes and aborts the waits there. So a checkpoint reads one field, and the cost of a cancel is proportional to what it
 * cancels.
 *
 * Its children and its waits are in intrusive lists: see `child-list.ts` and `wait-list.ts`.
 *
 * A node is also the frame of the code that runs in it, that is, the value in the AsyncLocalStorage. So each entered scope
 * has its own frame, and two branches of a `Promise.all` that each enter a scope do not see each other's (design decision
 * D4).
 */
export abstract class CancelNode implements Frame, Caller, WaitList {
  /** Set when the node enters the tree. */
  run!: Run;
  /** The task whose code runs here. The task of a task node is the node itself. */
  abstract readonly task: TaskNode;
  abstract readonly kind: 'task' | 'nursery' | 'scope';
  /** Holds the task-local values that the code here sees. */
  abstract readonly localsHolder: LocalsHolder;

  /** Defined from entering on, also after the node has left; never for the root. Only `moveTo` changes it. */
  parent: CancelNode | undefined = undefined;
  /** The neighbours in the parent's list of children; both undefined when it has none, or is not in the tree. */
  previousSibling: CancelNode | undefined = undefined;
  nextSibling: CancelNode | undefined = undefined;
  /** The ends of the list of children, oldest first: those that have entered and not left. */
  firstChild: CancelNode | undefined = undefined;
  lastChild: CancelNode | undefined = undefined;
  /** The ends of the list of waits, oldest first: those that a cancel of this node has to abort. */
  firstWait: Wait<never> | undefined = undefined;
  lastWait: Wait<never> | undefined = undefined;
  /** Called synchronously each time `effective` becomes true, for AbortSignals and pending starts. Never empty. */
  private watchers: Set<() => void> | undefined = undefined;

  /** True once this node itself has been cancelled, by whatever cause; never false again. */
  cancelCalled = false;
  /** Whether a shield stands between the parent and this node. */
  shielded = false;
  /** True once its body, or its task, has ended. Code that is left in it is cancelled. */
  exited = false;
  /** The left side of the formula above; written by `refreshTree` and `leave` alone. */
  effective = false;
  /** Why it is, or was, cancelled: the first cause stays. Defined whenever `effective` is true. */
  cause: CancelCause | undefined = undefined;

  /** See `yielded`; made when it is first asked for. */
  private whenYielded: Promise<this> | undefined = undefined;

  get node(): CancelNode {
    return this;
  }

  /** The instant at which it is cancelled. Only scopes have one. */
  get deadline(): number {
    return Infinity;
  }

  /** The state of its soft shutdown. Only scopes have one. */
  get softEnd(): SoftEnd | undefined {
    return undefined;
  }

  /** A promise that is fulfilled with the node, so that a reaction to it need not look for the node (benchmark `checkpoint`). */
  get yielded(): Promise<this> {
    return (this.whenYielded ??= Promise.resolve(this));
  }

  /** Becomes the last child of `parent`, and cancelled if that reaches it. */
  protected attach(parent: CancelNode): void {
    this.parent = parent;
    appendToParent(this);
    if (parent.effective || this.cancelCalled) this.refresh();
  }

  /** Moves the node and its subtree to another parent. If it is cancelled there, its waits are aborted at once. */
  moveTo(parent: CancelNode): void {
    removeFromParent(this);
    this.attach(parent);
    this.refresh();
    announceShutdown(this.run);
  }

  /** Whether a cancellation of the parent reaches this node. */
  private get parentIsVisible(): boolean {
    const { parent } = this;
    return parent !== undefined && parent.effective && (!this.shielded || parent.exited);
  }

  /** Whether `Cancelled` ends here: at the outermost cancelled node below the nearest shield. Read just before it is left. */
  get absorbs(): boolean {
    return this.effective && !this.parentIsVisible;
  }

  /** Cancels it. The first call decides the cause. */
  cancelFor(cause: CancelCause): void {
    if (this.cancelCalled) return;
    this.cancelCalled = true;
    this.cause ??= cause;
    reportCancelled(this.task, cause);
    if (this.exited) return;
    expectEnd(this);
    this.refresh();
  }

  cancelWith(source: CancelSource, reason?: string, sourceTask?: string): void {
    if (!this.cancelCalled) this.cancelFor(new CancelCause(source, reason, sourceTask));
  }

  setShield(shielded: boolean): void {
    if (this.shielded === shielded) return;
    this.shielded = shielded;
    if (this.parent === undefined || this.exited) return;
    this.refresh();
    if (!shielded) announceShutdown(this.run);
  }

  /** Makes the invariant true again for this node and all below it, then aborts what has to be aborted. */
  refresh(): void {
    const cancelled = CancelNode.refreshTree(this);
    if (cancelled === undefined) return;
    for (const node of cancelled) node.abortWaits();
  }

  /** @returns the nodes that have become effectively cancelled and have waits or watchers; parents come before children. */
  private static refreshTree(top: CancelNode): CancelNode[] | undefined {
    let cancelled: CancelNode[] | undefined;
    let node = top;
    for (;;) {
      const visible = node.parentIsVisible;
      const effective = node.cancelCalled || node.exited || visible;
      const changed = effective !== node.effective;
      if (changed) {
        node.effective = effective;
        if (effective) {
          if (node.cause === undefined) node.cause = visible ? node.parent!.cause : EXITED;
          if (node.firstWait !== undefined || node.watchers !== undefined) (cancelled ??= []).push(node);
        }
      }
      // Pre-order, without a stack: thousands of nested scopes are legal. Below an unchanged node nothing changes.
      if (changed && node.firstChild !== undefined) {
        node = node.firstChild;
        continue;
      }
      while (node !== top && node.nextSibling === undefined) node = node.parent!;
      if (node === top) return cancelled;
      node = node.nextSibling!;
    }
  }

  // An abort function is foreign code: it may wake other waits, or shield this node. So each step looks at the list anew.
  private abortWaits(): void {
    if (this.watchers !== undefined && this.effective) for (const watcher of [...this.watchers]) watcher();
    while (this.effective && this.firstWait !== undefined) this.firstWait.abort();
  }

  watch(watcher: () => void): void {
    (this.watchers ??= new Set()).add(watcher);
  }

  unwatch(watcher: () => void): void {
    if (this.watchers?.delete(watcher) && this.watchers.size === 0) this.watchers = undefined;
  }

  // ---- its checkpoints

  refuse(_operation: string): Promise<never> | undefined {
    this.task.cancelPoints++;
    return this.effective ? this.refuseCancelled() : undefined;
  }

  ready<T>(value: T): Promise<T> {
    this.task.schedulePoints++;
    const { slice } = this.run;
    if (slice.isSpent()) return slice.next(value);
    return value === undefined ? (resolved as Promise<T>) : Promise.resolve(value);
  }

  // If the rejection is never awaited, nothing is lost: the next checkpoint throws again. So it must not end the process.
  refuseCancelled(): Promise<never> {
    this.task.comesBackCancelled(this);
    const error = makeCancelled(this.cause);
    const { slice } = this.run;
    const promise = this.task.spins
      ? new Promise<never>((_resolve, reject) => slice.defer(reject, error))
      : slice.reject(error);
    promise.catch(ignore);
    return promise;
  }

  /** Whether anything in it has not ended: an operation, a scope, a task of its nurseries. */
  get hasContent(): boolean {
    return this.firstWait !== undefined || this.firstChild !== undefined;
  }

  /** Describes a nursery in the list of what has not ended. */
  describePending(): string {
    return 'a nursery';
  }

  /**
   * Leaves the tree. From now on, code that is left in the node is cancelled at each of its checkpoints.
   *
   * @returns a promise to be awaited if nurseries were opened here and not awaited: it is fulfilled when their tasks have
   * ended, since no task outlives the scope in which it began. `undefined` when there are none, as there should be.
   */
  protected leave(): Promise<unknown> | undefined {
    removeFromParent(this);
    if (this.cancelCalled) hasEnded(this);
    this.exited = true;
    this.watchers = undefined;
    if (!this.hasContent) {
      this.effective = true;
      this.cause ??= EXITED;
      return undefined;
    }
    this.refresh();
    const ends: Promise<void>[] = [];
    // The scopes that are left were not awaited. Their shields do not protect them.
    for (const scope of scopesIn(this)) {
      scope.exited = true;
      scope.letGo();
      scope.refresh();
      const end = scope.untilEmpty(this);
      if (end !== undefined) ends.push(end);
    }
    return ends.length === 0 ? undefined : Promise.all(ends);
  }

  /** For a scope: takes back what it has registered with the run. */
  protected letGo(): void {}

  /** Waits, on behalf of `waiter`, until the tasks of a nursery have ended. */
  protected untilEmpty(_waiter: CancelNode): Promise<void> | undefined {
    return undefined;
  }
}
