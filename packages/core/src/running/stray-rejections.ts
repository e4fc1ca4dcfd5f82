import { isCancelled } from '../errors/cancelled.ts';
import { forgiveRejections } from './platform.ts';

/** How many runs need it, and what ends it when none does: one listener serves all. */
const forgiving: { runs: number; stop: (() => void) | undefined } = { runs: 0, stop: undefined };

/**
 * Code that was called without `await`, or whose promise is awaited too late, rejects a promise that nobody has when it is
 * cancelled. That must not end the process: nothing is lost with a `Cancelled`, and where an `await` is missing is reported
 * there. Begins with the first cancellation of a run.
 *
 * @returns what ends it for this run.
 */
export function forgiveStrayCancellations(): () => void {
  if (forgiving.runs++ === 0) forgiving.stop = forgiveRejections(isCancelled);
  // The last rejections are reported after the run has ended.
  return () => setImmediate(() => setImmediate(letGo));
}

function letGo(): void {
  if (--forgiving.runs > 0) return;
  forgiving.stop?.();
  forgiving.stop = undefined;
}
