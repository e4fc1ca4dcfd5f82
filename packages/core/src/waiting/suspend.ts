import { makeCancelled } from '../errors/cancelled.ts';
import type { CancelNode } from '../cancellation/cancel-node.ts';
import { currentNode } from '../frames/frames.ts';
import { rejected } from './checkpoint.ts';
import { Wait } from './wait.ts';
import type { AbortOutcome, Waker } from './wait.ts';

/**
 * Called at most once, synchronously inside the call that cancels the waiting task. It disconnects the waker and returns
 * `'succeeded'`; or it returns `'failed'`, and the waker is used later, with a result or with the error that
 * `raiseCancel` throws.
 */
export type Abort = (raiseCancel: () => never) => AbortOutcome;

/**
 * Blocks the calling code until a waker is used: the one primitive from which all blocking operations are made.
 *
 * `arm` is called at once, and connects the waker to whatever will use it: exactly once, with `wake(value)` or
 * `fail(error)`. It returns the abort function, which is called at most once, synchronously inside the cancelling call;
 * when the scope is cancelled already, right after `arm`. See {@link Abort} for what it returns.
 *
 * A checkpoint. A task that has been woken keeps its result, also when it is cancelled before it continues.
 *
 * @param what what is waited for, as the task tree shows it: `'line of input'`.
 * @throws {Cancelled} when the scope is cancelled and the abort function succeeds.
 * @throws {StateError} outside of a run.
 * @example
 * const line = await suspend<string>('line of input', (waker) => {
 *   const onLine = (text: string) => waker.wake(text);
 *   input.once('line', onLine);
 *   return () => { input.off('line', onLine); return 'succeeded'; };
 * });
 */
export function suspend<T>(what: string, arm: (waker: Waker<T>) => Abort): Promise<T> {
  let wait: SuspendedWait<T>;
  try {
    wait = new SuspendedWait<T>(currentNode(what), what, true);
  } catch (error) {
    return rejected(error);
  }
  wait.task.countCheckpoint();
  try {
    wait.abortFunction = arm(wait);
  } catch (error) {
    if (wait.settled) wait.node.run.crash(error);
    else wait.fail(error);
    return wait.promise;
  }
  if (typeof wait.abortFunction !== 'function' && !wait.settled) {
    wait.fail(
      new TypeError(
        `suspend('${what}'): arm must return the abort function, but returned ${typeof wait.abortFunction}`,
      ),
    );
  }
  if (wait.cancelledWhileArming && !wait.settled) wait.node.addWait(wait as unknown as Wait<never>);
  wait.abortIfCancelled();
  return wait.promise;
}

class SuspendedWait<T> extends Wait<T> {
  abortFunction: Abort | undefined = undefined;
  cancelledWhileArming = false;

  protected override withdraw(): AbortOutcome {
    // It has to be armed before it can be disarmed.
    if (this.abortFunction === undefined) {
      this.cancelledWhileArming = true;
      return 'failed';
    }
    return this.abortFunction(raiserFor(this.node));
  }
}

// The cause is taken now: it is thrown even if the task has been shielded by then.
function raiserFor(node: CancelNode): () => never {
  const { cause } = node;
  return () => {
    throw makeCancelled(cause);
  };
}
