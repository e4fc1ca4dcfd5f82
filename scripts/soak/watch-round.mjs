import { AsyncLocalStorage } from 'node:async_hooks';
import { formatTaskTree } from '@tercet/core/lowlevel';

/** How long a round may take: milliseconds. Its steps have time limits of their own, which add up to less. */
const LIMIT = 60_000;

/**
 * Runs a round of a soak. If it does not end, prints what its tasks wait for, and ends the process.
 *
 * @param name the round, for the message.
 * @param round is given a function that it calls within its run, so that the tasks of that run can be shown.
 */
export async function watchRound(name, round) {
  let inRun = (look) => look();
  const timer = setTimeout(() => {
    console.error(`${name} has not ended in ${LIMIT / 1000} seconds; the process has ${resources()}`);
    try {
      console.error(inRun(formatTaskTree));
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

const resources = () => process.getActiveResourcesInfo().join(', ');
