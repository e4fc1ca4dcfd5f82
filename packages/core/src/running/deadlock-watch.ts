import { loadObserving } from '../probes/load-observing.ts';
import { onBeforeExit } from '../platform/platform.ts';
import type { Run } from './run-state.ts';

interface Watch {
  /** The runs that go on, and how far each had come when the process was last about to end. */
  readonly runs: Map<Run, string>;
  /** Ends the one listener for all of them, which is there while there are any. */
  stop: (() => void) | undefined;
}

const watch: Watch = { runs: new Map(), stop: undefined };

/**
 * Notices when the process is about to end although the run has not: then nothing is left that could ever wake it, and
 * `breakDeadlock` takes over. Loading that keeps the process alive for as long as it takes.
 *
 * @returns what ends the watch.
 */
export function watchForDeadlock(run: Run): () => void {
  watch.runs.set(run, '');
  watch.stop ??= onBeforeExit(() => {
    for (const [each, known] of watch.runs) {
      const { progress } = each;
      // One that even its cancellation has not moved has been told of, and does not keep the process any longer.
      if (progress === known) continue;
      watch.runs.set(each, progress);
      void loadObserving().then(({ breakDeadlock }) => breakDeadlock(each, progress));
    }
  });
  return () => {
    watch.runs.delete(run);
    if (watch.runs.size > 0) return;
    watch.stop?.();
    watch.stop = undefined;
  };
}
