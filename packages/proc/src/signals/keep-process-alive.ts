import { runOutside } from '@tercet/core/lowlevel';

/** The longest interval that Node's timers allow, in milliseconds. */
const LONGEST_INTERVAL = 2 ** 31 - 1;

/** Keeps the process alive until the returned timer is cleared. Listeners for signals do not keep it alive. */
export function keepProcessAlive(): NodeJS.Timeout {
  return runOutside(() => setInterval(() => undefined, LONGEST_INTERVAL));
}
