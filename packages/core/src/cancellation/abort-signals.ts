import { CancelCause, EXITED, makeCancelled } from '../errors/cancelled.ts';
import { describeValue } from '../errors/describe-value.ts';
import { callInFrame } from '../frames/frames.ts';
import type { CancelNode } from './cancel-node.ts';

/** What an AbortSignal can cancel. */
export type Cancellable = Pick<CancelNode, 'cancelFor'>;

/** Those that follow one signal, and what ends the one listener that they share. */
interface Following {
  readonly followers: Set<Cancellable>;
  readonly stop: () => void;
}

// A listener for each scope would be quadratic, and Node warns from the eleventh on. It goes with the last follower.
const followings = new WeakMap<AbortSignal, Following>();

/** @throws {TypeError} when it is neither an AbortSignal, of whichever realm or library, nor left out. */
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

/** Cancels what follows the signal when it aborts, or has aborted. @returns what stops that. */
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
    // A cancel calls foreign code: who stops following meanwhile is not cancelled any more.
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

/** Aborts the controller when the node is, or becomes, effectively cancelled. */
export function signalOf(node: CancelNode, controller: AbortController): void {
  const abort = (): void => abortIn(node, controller, node.cause);
  // A scope that was left normally has not been cancelled.
  if (node.exited && node.cause === EXITED) return;
  if (node.effective) abort();
  else node.watch(abort);
}

/** Aborts the controller of a scope, whose listeners belong to that scope, whoever does it. */
export function abortIn(node: CancelNode, controller: AbortController, cause: CancelCause | undefined): void {
  if (!controller.signal.aborted) callInFrame(node, (reason) => controller.abort(reason), makeCancelled(cause));
}

export function causeOf(signal: AbortSignal): CancelCause {
  return new CancelCause('signal', reasonOf(signal));
}

// Whatever is wrong with the reason, the signal cancels.
function reasonOf(signal: AbortSignal): unknown {
  try {
    return signal.reason;
  } catch {
    return 'a reason that cannot be read';
  }
}
