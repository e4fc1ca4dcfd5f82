import { CancelCause } from '../errors/cancelled.ts';
import type { Run } from '../running/run-state.ts';
import type { Timed } from '../time/deadlines.ts';
import type { CancelNode } from './cancel-node.ts';
import type { ScopeNode } from './scope-node.ts';

// Soft cancellation. A scope that is shut down is marked, and nothing in it is disturbed but the code that has asked to be:
//
//     shutting down = the scope itself has been shut down, or (its parent is shutting down, and no shield stands between)
//
// The formula is that of cancellation, but it is worked out when somebody asks, by a walk towards the root. So it is free for
// programs that never shut down softly: no node has a field for it that entering or leaving a scope would have to look after.
// Listeners are few (one for each `untilShutdown`, portal and signal), so a run keeps them in one set, and whatever can make
// the formula true for one of them looks at all.

/** Hears, once, that its node is shutting down. */
export interface ShutdownListener {
  readonly node: CancelNode;
  shutDown(cause: CancelCause): void;
}

/** The soft end of a scope: whether it has been shut down, when its grace is over, and who follows it by a signal. */
export class SoftEnd implements Timed {
  readonly #node: ScopeNode;
  /** Why it has been shut down; `undefined` until then. */
  cause: CancelCause | undefined = undefined;
  /** Milliseconds of grace, counted from the shutdown, or from entering if that comes later. */
  #grace = Infinity;
  /** The instant at which the scope is cancelled; Infinity when that is open. */
  endsAt: number = Infinity;
  /** The instant again, while it is registered. */
  at: number = NaN;
  /** Lets the scope's own signal follow, once somebody has asked for it. */
  #follower: ((cause: CancelCause) => void) | undefined = undefined;
  #stopListening: (() => void) | undefined = undefined;

  constructor(node: ScopeNode) {
    this.#node = node;
  }

  /** The first call decides the reason; later ones can only shorten the grace. */
  shutDown(reason: string | undefined, grace: number): void {
    const node = this.#node;
    this.#grace = Math.min(this.#grace, grace);
    if (this.cause === undefined) {
      this.cause = new CancelCause('shutdown', reason);
      if (node.entered && !node.exited) announceShutdown(node.run);
    }
    if (node.entered) this.#beginGrace();
  }

  follow(follower: (cause: CancelCause) => void): void {
    this.#follower = follower;
    if (this.#node.entered) this.#listen();
  }

  /** The scope has been entered. */
  entered(): void {
    if (this.#follower !== undefined) this.#listen();
    if (this.cause !== undefined) this.#beginGrace();
  }

  /** The scope has been cancelled, or left. */
  over(): void {
    this.#node.run.deadlines.remove(this);
    this.#stopListening?.();
  }

  /** The grace is over. */
  expire(): void {
    this.#node.cancelFor(this.cause!);
  }

  #beginGrace(): void {
    const node = this.#node;
    if (node.exited || node.cancelCalled || this.#grace === Infinity) return;
    const { run } = node;
    this.endsAt = Math.min(this.endsAt, run.clock.now() + this.#grace);
    if (this.#grace === 0) this.expire();
    else run.deadlines.set(this, this.endsAt);
  }

  #listen(): void {
    if (!this.#node.exited) this.#stopListening = listenForShutdown({ node: this.#node, shutDown: this.#follower! });
  }
}

/** Why the code in a node is to come to its end; `undefined` when it is not shutting down. */
export function shutdownOf(node: CancelNode): CancelCause | undefined {
  for (let at: CancelNode | undefined = node; at !== undefined; at = at.parent) {
    const cause = at.softEnd?.cause;
    if (cause !== undefined) return cause;
    if (at.shielded && at.parent?.exited !== true) return undefined;
  }
  return undefined;
}

/** Something has changed that may let listeners be reached: a scope was shut down, was moved, or has lost its shield. */
export function announceShutdown(run: Run): void {
  const listeners = run.shutdownListeners;
  if (listeners === undefined) return;
  for (const listener of [...listeners]) {
    const cause = shutdownOf(listener.node);
    if (cause !== undefined && listeners.delete(listener)) listener.shutDown(cause);
  }
}

/** Lets it hear of a shutdown, at once if there is one already. @returns what stops that. */
export function listenForShutdown(listener: ShutdownListener): () => void {
  const { run } = listener.node;
  const cause = shutdownOf(listener.node);
  if (cause !== undefined) {
    listener.shutDown(cause);
    return () => undefined;
  }
  const listeners = (run.shutdownListeners ??= new Set());
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
