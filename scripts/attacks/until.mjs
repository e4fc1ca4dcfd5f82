import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds, for two minutes at most if not said otherwise. @returns whether it does. */
export async function until(condition, timeout = 120_000) {
  for (const end = Date.now() + timeout; ;) {
    if (await condition()) return true;
    if (Date.now() > end) return false;
    await sleep(10);
  }
}
