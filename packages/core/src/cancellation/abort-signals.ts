import { CancelCause, EXITED, makeCancelled } from '../errors/cancelled.ts';
import { describeValue } from '../errors/describe-value.ts';
import { callInFrame } from '../frames/frames.ts';
import type { CancelNode } from './cancel-node.ts';

/** A node that an AbortSignal can cancel. */
export type Cancellable = Pick<CancelNode, 'cancelFor'>;

/** The nodes that follow one signal, and the function that removes the one listener that they share. */
interface Following {
  readonly followers: Set<Cancellable>;
  readonly stop: () => void;
}

// One listener for all followers of a signal: a listener for each would be quadratic, and Node warns from the eleventh on.
// The last follower that stops removes it.
const followings = new WeakMap<AbortSignal, Following>();

/** Checks an optional AbortSignal, of any realm or library. @throws {TypeError} when it is something else. */
export function requireSignal(signal: unknown, operation: string): asserts signal is AbortSignal | undefined {
  if (signal === undefined) return;
  if (typeof signal === 'object' && signal !== null) {
    const { aborted, addEventListener, removeEventListener } = signal as Partial<AbortSignal>;
    if (
      typeof aborted === 'boolean' &&
      typeof addEventListener === 'function' &&
      typeof removeEventListener === 'function'
    )
      return;
  }
  throw new TypeError(`${operation}: signal must be an AbortSignal, not ${describeValue(signal)}`);
}

/** Cancels the follower when the signal aborts, at once if it has aborted. @returns a function that stops following. */
export function followSignal(signal: AbortSignal, follower: Cancellable): () => void {
  if (signal.aborted) {
    follower.cancelFor(causeOf(signal));
    return () => undefined;
  }
  const { followers, stop } = followings.get(signal) ?? listenTo(signal);
  followers.add(follower);
  return () => {
    if (followers.delete(follower) && followers.size === 0) stop();
  };
}

function listenTo(signal: AbortSignal): Following {
  const followers = new Set<Cancellable>();
  const stop = (): void => {
    followings.delete(signal);
    signal.removeEventListener('abort', cancelAll);
  };
  const cancelAll = (): void => {
    stop();
    const cause = causeOf(signal);
    // A cancel calls foreign code, which may make other followers stop: those are not cancelled.
    for (const follower of followers) {
      followers.delete(follower);
      follower.cancelFor(cause);
    }
  };
  signal.addEventListener('abort', cancelAll);
  const following = { followers, stop };
  followings.set(signal, following);
  return following;
}

/** Aborts the controller when the node becomes effectively cancelled, at once if it is already. */
export function signalOf(node: CancelNode, controller: AbortController): void {
  const abort = (): void => abortIn(node, controller, node.cause);
  // A scope that was left normally has not been cancelled.
  if (node.exited && node.cause === EXITED) return;
  if (node.effective) abort();
  else node.watch(abort);
}

/** Aborts the controller of a scope in the context of that scope, since its listeners belong to the scope. */
export function abortIn(node: CancelNode, controller: AbortController, cause: CancelCause | undefined): void {
  if (!controller.signal.aborted) callInFrame(node, (reason) => controller.abort(reason), makeCancelled(cause));
}

/** The cause of a cancellation by this signal, which has aborted. */
export function causeOf(signal: AbortSignal): CancelCause {
  return new CancelCause('signal', reasonOf(signal));
}

// A reason that cannot be read must not lose the cancellation.
function reasonOf(signal: AbortSignal): unknown {
  try {
    return signal.reason;
  } catch {
    return 'a reason that cannot be read';
  }
}
