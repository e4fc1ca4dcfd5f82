import { CancelCause, EXITED, makeCancelled } from '../errors/cancelled.ts';
import type { CancelSource } from '../errors/cancelled.ts';
import type { Pending } from '../errors/unawaited.ts';
import { tellCancelled } from '../probes/events.ts';
import { siteOf } from '../probes/sites.ts';
import type { Frame, LocalsHolder } from '../frames/frames.ts';
import type { Run } from '../running/run-state.ts';
import type { TaskNode } from '../tasks/task-node.ts';
import type { Caller } from '../waiting/caller.ts';
import { resolved } from '../platform/resolved.ts';
import { announceShutdown } from './shutdown.ts';
import type { SoftEnd } from './shutdown.ts';
import type { Wait } from '../waiting/wait.ts';
import { expectEnd, hasEnded } from './overdue.ts';

const ignore = (): void => undefined;

/**
 * One node of a run's cancellation tree: an entered scope, or a task.
 *
 * The invariant that everything rests on:
 *
 *     effective = cancelCalled, or exited, or (the parent is effective, and no shield stands between)
 *
 * It is kept eagerly: whatever changes one of the terms calls `refresh`, which walks the part of the subtree that changes
 * and aborts the waits there. So a checkpoint reads one field, and a cancel costs as much as there is to cancel.
 *
 * Children and waits are doubly linked lists threaded through the children and the waits themselves: a scope or a wait
 * that begins and ends touches its neighbours only. (One AbortSignal listener for each wait is quadratic when ten thousand
 * wait.)
 *
 * A node is also the frame of the code that runs in it, what the AsyncLocalStorage holds: so each entered scope has its
 * own, and two branches of a `Promise.all` that each enter a scope do not see each other's (design decision D4).
 */
export abstract class CancelNode implements Frame, Caller {
  /** From the moment in which it enters the tree. */
  run!: Run;
  /** The task whose code runs here; a task node is its own. */
  abstract readonly task: TaskNode;
  abstract readonly kind: 'task' | 'nursery' | 'scope';
  /** Who holds the task-local values that are seen here. */
  abstract readonly localsHolder: LocalsHolder;

  parent: CancelNode | undefined = undefined;
  private previousSibling: CancelNode | undefined = undefined;
  private nextSibling: CancelNode | undefined = undefined;
  private firstChild: CancelNode | undefined = undefined;
  private lastChild: CancelNode | undefined = undefined;
  private firstWait: Wait<never> | undefined = undefined;
  private lastWait: Wait<never> | undefined = undefined;
  /** Told synchronously each time the node becomes effectively cancelled: the scope's AbortSignal, pending starts. */
  private watchers: Set<() => void> | undefined = undefined;

  cancelCalled = false;
  shielded = false;
  exited = false;
  effective = false;
  /** Why it is, or was, effectively cancelled: the first cause stays. */
  cause: CancelCause | undefined = undefined;

  private whenYielded: Promise<this> | undefined = undefined;

  get node(): CancelNode {
    return this;
  }

  /** The instant at which it is cancelled; only scopes have one. */
  get deadline(): number {
    return Infinity;
  }

  /** How it comes to its end softly; only scopes can. */
  get softEnd(): SoftEnd | undefined {
    return undefined;
  }

  /** A fulfilled promise of the node: what goes on after a step can get it without looking for it (benchmark `checkpoint`). */
  get yielded(): Promise<this> {
    return (this.whenYielded ??= Promise.resolve(this));
  }

  /** Becomes the last child of `parent`, and cancelled if that reaches it. */
  protected attach(parent: CancelNode): void {
    this.parent = parent;
    this.previousSibling = parent.lastChild;
    if (parent.lastChild === undefined) parent.firstChild = this;
    else parent.lastChild.nextSibling = this;
    parent.lastChild = this;
    if (parent.effective || this.cancelCalled) this.refresh();
  }

  private detach(): void {
    const parent = this.parent!;
    const previous = this.previousSibling;
    const next = this.nextSibling;
    if (previous === undefined) parent.firstChild = next;
    else previous.nextSibling = next;
    if (next === undefined) parent.lastChild = previous;
    else next.previousSibling = previous;
    this.previousSibling = undefined;
    this.nextSibling = undefined;
  }

  /** Moves it, with all that is in it, below another parent; who is cancelled there is cancelled at once. */
  moveTo(parent: CancelNode): void {
    this.detach();
    this.attach(parent);
    this.refresh();
    announceShutdown(this.run);
  }

  /** Whether a cancellation of the parent reaches this node. It decides who absorbs `Cancelled`: see `absorbs`. */
  private get parentIsVisible(): boolean {
    const { parent } = this;
    return parent !== undefined && parent.effective && (!this.shielded || parent.exited);
  }

  /** Whether `Cancelled` ends here: at the outermost cancelled node below the nearest shield, decided when it is left. */
  get absorbs(): boolean {
    return this.effective && !this.parentIsVisible;
  }

  /** Cancels it; the first call decides the cause. */
  cancelFor(cause: CancelCause): void {
    if (this.cancelCalled) return;
    this.cancelCalled = true;
    this.cause ??= cause;
    tellCancelled(this.task, cause);
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
    const turned = CancelNode.refreshTree(this);
    if (turned === undefined) return;
    for (const each of turned) each.abortWaits();
  }

  private static refreshTree(top: CancelNode): CancelNode[] | undefined {
    let turned: CancelNode[] | undefined;
    let node = top;
    for (;;) {
      const visible = node.parentIsVisible;
      const effective = node.cancelCalled || node.exited || visible;
      const changed = effective !== node.effective;
      if (changed) {
        node.effective = effective;
        if (effective) {
          if (node.cause === undefined) node.cause = visible ? node.parent!.cause : EXITED;
          if (node.firstWait !== undefined || node.watchers !== undefined) (turned ??= []).push(node);
        }
      }
      // Pre-order, without a stack: thousands of nested scopes are legal. What has not changed has no change below it.
      if (changed && node.firstChild !== undefined) {
        node = node.firstChild;
        continue;
      }
      while (node !== top && node.nextSibling === undefined) node = node.parent!;
      if (node === top) return turned;
      node = node.nextSibling!;
    }
  }

  // An abort function is foreign code: it may wake other waits, or shield this node. So always take the first one left.
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

  addWait(wait: Wait<never>): void {
    wait.listed = true;
    wait.previous = this.lastWait;
    if (this.lastWait === undefined) this.firstWait = wait;
    else this.lastWait.next = wait;
    this.lastWait = wait;
  }

  removeWait(wait: Wait<never>): void {
    const { previous, next } = wait;
    if (previous === undefined) this.firstWait = next;
    else previous.next = next;
    if (next === undefined) this.lastWait = previous;
    else next.previous = previous;
    wait.listed = false;
    wait.previous = undefined;
    wait.next = undefined;
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

  // A rejection that nobody awaits loses nothing here, the next checkpoint throws again: it must not end the process.
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

  /** The operations that were begun here and the scopes that were opened here and have not ended; `undefined`: none. */
  unfinished(): readonly Pending[] | undefined {
    if (this.firstWait === undefined && this.firstChild === undefined) return undefined;
    const pending: Pending[] = [];
    // Scopes may be nested by the thousand: no recursion.
    const open: CancelNode[] = [this];
    for (const node of open) {
      for (const wait of node.waits()) pending.push({ what: wait.what, site: siteOf(wait) });
      let inner = node.firstWait !== undefined;
      for (const child of node.children()) {
        if (child.kind === 'task') continue;
        inner = true;
        if (child.kind === 'scope') open.push(child);
        else pending.push({ what: child.describePending(), site: siteOf(child) });
      }
      if (!inner && node !== this) pending.push({ what: 'a cancel scope', site: siteOf(node) });
    }
    return pending.length === 0 ? undefined : pending;
  }

  /** For a nursery: how it is named among what has not ended. */
  protected describePending(): string {
    return 'a nursery';
  }

  *children(): IterableIterator<CancelNode> {
    for (let child = this.firstChild; child !== undefined;) {
      const next: CancelNode | undefined = child.nextSibling;
      yield child;
      child = next;
    }
  }

  /** The scopes that its own code has open, nurseries too: outer ones first. */
  scopes(): CancelNode[] {
    const found: CancelNode[] = [this];
    for (const node of found) for (const child of node.children()) if (child.kind !== 'task') found.push(child);
    return found.slice(1);
  }

  *waits(): IterableIterator<Wait<never>> {
    for (let wait = this.firstWait; wait !== undefined; wait = wait.next) yield wait;
  }

  /**
   * Leaves the tree. Code that outlives it is cancelled at each of its checkpoints from now on.
   *
   * @returns what settles when the tasks have ended of nurseries that were opened here and not awaited; `undefined` when
   * there are none, as there should be. Whoever leaves waits for it: no task outlives the scope in which it began.
   */
  protected leave(): Promise<unknown> | undefined {
    this.detach();
    if (this.cancelCalled) hasEnded(this);
    this.exited = true;
    this.watchers = undefined;
    if (this.firstWait === undefined && this.firstChild === undefined) {
      this.effective = true;
      this.cause ??= EXITED;
      return undefined;
    }
    this.refresh();
    const ends: Promise<void>[] = [];
    // What is left below are scopes that nobody waited for; their shields do not help them.
    for (const scope of this.scopes()) {
      scope.exited = true;
      scope.refresh();
      const end = scope.untilEmpty(this);
      if (end !== undefined) ends.push(end);
    }
    return ends.length === 0 ? undefined : Promise.all(ends);
  }

  /** For a nursery: waits, on behalf of `waiter`, until its tasks have ended. */
  protected untilEmpty(_waiter: CancelNode): Promise<void> | undefined {
    return undefined;
  }
}
