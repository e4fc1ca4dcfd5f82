import { makeCancelled } from '../errors/cancelled.ts';
import type { CancelNode } from '../cancellation/cancel-node.ts';
import { textOf } from '../foreign/text-of.ts';
import { currentNode } from '../frames/frames.ts';
import { rejected } from './checkpoint.ts';
import { Wait } from './wait.ts';
import type { AbortOutcome, Description, Waker } from './wait.ts';
import { addWait } from './wait-list.ts';

/**
 * Called at most once, synchronously inside the call that cancels the waiting task. Either it disconnects the waker and
 * returns `'succeeded'`, or it returns `'failed'` and the waker is used later, with a result or with the error that
 * `raiseCancel` throws.
 *
 * @example
 * // Waits for a timer of the platform; a cancelled wait removes it.
 * const wait = (milliseconds: number): Promise<void> =>
 *   suspend<void>('timer', (waker) => {
 *     const timer = setTimeout(() => waker.wake(undefined), milliseconds);
 *     const abort: Abort = () => {
 *       clearTimeout(timer);
 *       return 'succeeded';
 *     };
 *     return abort;
 *   });
 * await wait(5);
 */
export type Abort = (raiseCancel: () => never) => AbortOutcome;

/**
 * Blocks the calling code until a waker is used: the one primitive from which all blocking operations are made.
 *
 * `arm` is called at once. It makes sure that the waker is used later, exactly once, by `wake(value)` or `fail(error)`, and
 * returns the abort function. That is called at most once, synchronously inside the cancelling call, or right after `arm` if
 * the scope is cancelled already. See {@link Abort} for its result.
 *
 * A checkpoint. A task that has been woken keeps its result, even if it is cancelled before it continues.
 *
 * @param what the name of the wait in the task tree: `'line of input'`. An object is asked for its text each time the
 *   tree is shown.
 * @throws {Cancelled} when the scope is cancelled and the abort function succeeds.
 * @throws {StateError} outside of a run.
 * @example
 * const line = await suspend<string>('line of input', (waker) => {
 *   const onLine = (text: string) => waker.wake(text);
 *   input.once('line', onLine);
 *   return () => { input.off('line', onLine); return 'succeeded'; };
 * });
 */
export function suspend<T>(what: string | Description, arm: (waker: Waker<T>) => Abort): Promise<T> {
  let wait: SuspendedWait<T>;
  try {
    wait = new SuspendedWait<T>(currentNode(what as string), what, true);
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
        `suspend('${textOf(what)}'): arm must return the abort function, but returned ${typeof wait.abortFunction}`,
      ),
    );
  }
  if (wait.cancelledWhileArming && !wait.settled) addWait(wait.node, wait as unknown as Wait<never>);
  wait.abortIfCancelled();
  return wait.promise;
}

class SuspendedWait<T> extends Wait<T> {
  abortFunction: Abort | undefined = undefined;
  cancelledWhileArming = false;

  protected override withdraw(): AbortOutcome {
    // The abort function is not known yet.
    if (this.abortFunction === undefined) {
      this.cancelledWhileArming = true;
      return 'failed';
    }
    return this.abortFunction(raiserFor(this.node));
  }
}

// The cause is read now, since `raiseCancel` has to throw even if the task is shielded by then.
function raiserFor(node: CancelNode): () => never {
  const { cause } = node;
  return () => {
    throw makeCancelled(cause);
  };
}
