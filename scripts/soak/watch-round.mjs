import { AsyncLocalStorage } from 'node:async_hooks';
import { formatTaskTree, taskTree } from '@tercet/core/lowlevel';

/** How long a round may take: milliseconds. It takes one second, and ten on a machine with much other work. */
const LIMIT = 60_000;

/**
 * Runs a round of a soak. If it does not end, prints what its tasks wait for, and ends the process.
 *
 * @param name the round, for the message.
 * @param round is given a function. It calls it within its run, so that the tasks of that run can be shown.
 */
export async function watchRound(name, round) {
  let inRun = (look) => look();
  const timer = setTimeout(() => {
    console.error(
      `${name} has not ended in ${LIMIT / 1000} seconds; the process has ${process.getActiveResourcesInfo().join(', ')}`,
    );
    try {
      console.error(inRun(() => formatTaskTree(taskTree())));
    } catch (error) {
      console.error(error.message);
    }
    process.exit(1);
  }, LIMIT);
  try {
    await round(() => (inRun = AsyncLocalStorage.snapshot()));
  } finally {
    clearTimeout(timer);
  }
}
