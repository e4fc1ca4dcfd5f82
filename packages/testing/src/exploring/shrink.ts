import type { Deviation, Recorder } from './recorder.ts';

/** At most this many runs are spent on one failure. */
const MOST_RUNS = 1000;

/**
 * Makes the list of choices that lead to a failure shorter, while the failure stays: delta debugging, after Zeller and
 * Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002.
 *
 * Without a choice the run takes the plain order there, and may go on differently. So each candidate is a run, and what
 * counts are the choices that it has taken.
 *
 * @param tryOut runs the program under these choices. @returns the run if it has failed in the same way.
 */
export async function shrink(
  deviations: readonly Deviation[],
  tryOut: (deviations: readonly Deviation[]) => Promise<Recorder | undefined>,
): Promise<readonly Deviation[]> {
  let best = deviations;
  /** How many steps were ready, for each step of the run that `best` comes from. */
  let counts: readonly number[] = [];
  let runs = 0;
  const fails = async (candidate: readonly Deviation[]): Promise<boolean> => {
    if (runs++ >= MOST_RUNS) return false;
    const run = await tryOut(candidate);
    if (run === undefined) return false;
    best = run.deviations();
    ({ counts } = run);
    return true;
  };

  if (best.length === 0 || (await fails([]))) return best;
  for (let before: readonly Deviation[] = []; before !== best && runs < MOST_RUNS;) {
    before = best;
    for (let size = Math.ceil(best.length / 2); size >= 1; size = Math.floor(size / 2)) await leaveOut(size);
    await joinPairs();
    await takeEarlier();
  }
  return best;

  // From the end, where choices are that come after the failure has become certain.
  async function leaveOut(size: number): Promise<void> {
    for (let end = best.length; end > 0; end = Math.min(end - size, best.length)) {
      const from = Math.max(0, end - size);
      await fails([...best.slice(0, from), ...best.slice(end)]);
    }
  }

  /** A step that is brought forward twice may be brought forward once, further. */
  async function joinPairs(): Promise<void> {
    for (let at = 0; at + 1 < best.length; at++) {
      const [position] = best[at]!;
      for (let index = (counts[position] ?? 1) - 1; index >= 1; index--) {
        if (await fails([...best.slice(0, at), [position, index], ...best.slice(at + 2)])) break;
      }
    }
  }

  /** The less a step is brought forward, the nearer is the plain order. */
  async function takeEarlier(): Promise<void> {
    for (let at = 0; at < best.length; at++) {
      const [position, index] = best[at]!;
      for (let earlier = 1; earlier < index; earlier++) {
        if (await fails([...best.slice(0, at), [position, earlier], ...best.slice(at + 1)])) break;
      }
    }
  }
}
