import type { CancelNode } from '../cancellation/cancel-node.ts';
import { findNode, outsideOfRun } from '../frames/frames.ts';

/**
 * The caller of an operation, looked up once for all steps of the operation: for operations that are called very often.
 *
 * @example
 * receive() {
 *   const caller = currentCaller();
 *   const refused = caller.refuse('receive()');
 *   if (refused !== undefined) return refused;
 *   return this.items.length > 0 ? caller.ready(this.items.shift()) : this.receivers.wait(undefined, caller);
 * }
 */
export interface Caller {
  /**
   * The first half of a checkpoint: see `rejectIfCancelled`.
   *
   * @returns a promise rejected with `Cancelled`, or with a `StateError` outside of a run; `undefined` when the operation
   * may go on.
   */
  refuse(operation: string): Promise<never> | undefined;
  /** The second half: see `ready`. */
  ready<T>(value: T): Promise<T>;
}

/** The caller outside of any run. */
export const OUTSIDE: Caller = {
  refuse: (operation) => Promise.reject(outsideOfRun(operation)),
  ready: () => Promise.reject(outsideOfRun('an operation')),
};

/** The node behind a caller that has not been refused. */
export function callerNode(caller: Caller): CancelNode {
  return caller as CancelNode;
}

/**
 * The caller of the current operation; valid until that operation returns.
 *
 * @example
 * const caller = currentCaller();
 * const refused = caller.refuse('take()');
 * if (refused !== undefined) return refused;
 * return caller.ready(items.shift());
 */
export function currentCaller(): Caller {
  return findNode() ?? OUTSIDE;
}
