import { CancelCause, EXITED, makeCancelled } from '../errors/cancelled.ts';
import { isError } from '../errors/is-error.ts';
import { callInFrame } from '../running/frames.ts';
import type { CancelNode } from './cancel-node.ts';

/** Cancels the node when the signal aborts, or has aborted. @returns what stops that. */
export function followSignal(signal: AbortSignal, node: CancelNode): () => void {
  const cancel = (): void => node.cancelFor(causeOf(signal));
  if (signal.aborted) {
    cancel();
    return () => undefined;
  }
  signal.addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
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
  return new CancelCause('signal', describeReason(signal.reason));
}

function describeReason(reason: unknown): string {
  return isError(reason) ? reason.message : String(reason);
}
