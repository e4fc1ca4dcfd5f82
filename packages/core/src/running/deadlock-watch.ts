import { loadObserving } from '../observing/load.ts';
import { onBeforeExit } from './platform.ts';
import type { Run } from './run-state.ts';

/** The runs that go on, and the one listener for all of them, which is there while there are any. */
const watch: { readonly runs: Set<Run>; stop: (() => void) | undefined } = { runs: new Set(), stop: undefined };

/**
 * Notices when the process is about to end although the run has not: then nothing is left that could ever wake it, and
 * `breakDeadlocks` takes over. Loading that keeps the process alive for as long as it takes.
 *
 * @returns what ends the watch.
 */
export function watchForDeadlock(run: Run): () => void {
  watch.runs.add(run);
  watch.stop ??= onBeforeExit(() => {
    const stuck = new Map(Array.from(watch.runs, (each) => [each, each.wakes]));
    void loadObserving().then(({ breakDeadlocks }) => breakDeadlocks(stuck));
  });
  return () => {
    watch.runs.delete(run);
    if (watch.runs.size > 0) return;
    watch.stop?.();
    watch.stop = undefined;
  };
}
