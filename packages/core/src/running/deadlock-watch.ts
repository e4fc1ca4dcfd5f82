import { withObserving } from '../probes/load-observing.ts';
import { onBeforeExit } from '../platform/platform.ts';
import type { Run } from './run-state.ts';

interface Watch {
  /** The runs that have not ended, each with its progress at the last report of a deadlock. */
  readonly runs: Map<Run, string>;
  /** Removes the one listener for all of them; defined while there are runs. */
  stop: (() => void) | undefined;
}

const watch: Watch = { runs: new Map(), stop: undefined };

/**
 * Notices when the process is about to end before the run has ended. Then nothing can wake the run, and `breakDeadlock` cancels
 * it. Loading that function keeps the process alive for as long as it takes.
 *
 * @returns a function that ends the watch.
 */
export function watchForDeadlock(run: Run): () => void {
  watch.runs.set(run, '');
  watch.stop ??= onBeforeExit(() => {
    for (const [each, known] of watch.runs) {
      const { progress } = each;
      // Already reported, and cancelling it changed nothing: let the process end.
      if (progress === known) continue;
      watch.runs.set(each, progress);
      withObserving(({ breakDeadlock }) => breakDeadlock(each, progress));
    }
  });
  return () => {
    watch.runs.delete(run);
    if (watch.runs.size > 0) return;
    watch.stop?.();
    watch.stop = undefined;
  };
}
