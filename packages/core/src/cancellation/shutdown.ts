import { CancelCause } from '../errors/cancelled.ts';
import type { Run } from '../running/run-state.ts';
import type { Timed } from '../time/deadlines.ts';
import type { CancelNode } from './cancel-node.ts';
import type { ScopeNode } from './scope-node.ts';

// Soft cancellation, also called graceful shutdown. It marks a scope, and disturbs only the code in it that has asked for that:
//
//     shutting down = the scope itself has been shut down, or (its parent is shutting down, and no shield stands between)
//
// The formula is the one of cancellation, but it is evaluated on demand, by a walk towards the root. So a program that never
// shuts down softly pays nothing: nodes have no field for it that entering or leaving a scope would have to keep up to date.
// There are few listeners (one for each `untilShutdown`, portal and signal). So a run keeps them in one set, and each event
// that can make the formula true for a node checks all of them: a shutdown, a move of a node, a shield that is removed.

/** Is called once, when its node is shutting down. */
export interface ShutdownListener {
  readonly node: CancelNode;
  shutDown(cause: CancelCause): void;
}

/** The soft shutdown of a scope: its cause, the end of its grace period, and the signal that follows it. */
export class SoftEnd implements Timed {
  readonly #node: ScopeNode;
  /** Why it has been shut down; `undefined` until then. */
  cause: CancelCause | undefined = undefined;
  /** The grace period in milliseconds, from the shutdown, or from entering if that comes later. Only becomes shorter. */
  #grace = Infinity;
  /** The instant at which the grace period ends and the scope is cancelled; Infinity when there is no limit. */
  endsAt: number = Infinity;
  /** The same while it is registered with the run's deadlines; else NaN. */
  at: number = NaN;
  /** Aborts the scope's `shutdownSignal`; defined once that has been asked for. */
  #follower: ((cause: CancelCause) => void) | undefined = undefined;
  #stopListening: (() => void) | undefined = undefined;

  constructor(node: ScopeNode) {
    this.#node = node;
  }

  /** The first call decides the reason. Later ones can only shorten the grace period. */
  shutDown(reason: string | undefined, grace: number): void {
    const node = this.#node;
    this.#grace = Math.min(this.#grace, grace);
    if (this.cause === undefined) {
      this.cause = new CancelCause('shutdown', reason);
      if (node.entered && !node.exited) announceShutdown(node.run);
    }
    if (node.entered) this.#beginGrace();
  }

  /** Calls `follower` when the scope is shutting down. */
  follow(follower: (cause: CancelCause) => void): void {
    this.#follower = follower;
    if (this.#node.entered) this.#listen();
  }

  /** The scope has been entered. */
  entered(): void {
    if (this.#follower !== undefined) this.#listen();
    if (this.cause !== undefined) this.#beginGrace();
  }

  /** The scope has been cancelled or left: stops the timer and the listening. */
  over(): void {
    this.#node.run.deadlines.remove(this);
    this.#stopListening?.();
  }

  /** The grace period is over. */
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

/** Why a node is shutting down; `undefined` when it is not. */
export function shutdownOf(node: CancelNode): CancelCause | undefined {
  for (let at: CancelNode | undefined = node; at !== undefined; at = at.parent) {
    const cause = at.softEnd?.cause;
    if (cause !== undefined) return cause;
    if (at.shielded && at.parent?.exited !== true) return undefined;
  }
  return undefined;
}

/** Calls the listeners whose nodes are shutting down now: after a shutdown, a move of a node, or the end of a shield. */
export function announceShutdown(run: Run): void {
  const listeners = run.shutdownListeners;
  if (listeners === undefined) return;
  for (const listener of [...listeners]) {
    const cause = shutdownOf(listener.node);
    if (cause !== undefined && listeners.delete(listener)) listener.shutDown(cause);
  }
}

/** Calls a listener when its node is shutting down, at once if it is already. @returns a function that stops listening. */
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
