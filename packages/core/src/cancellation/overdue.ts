import { withObserving } from '../probes/load-observing.ts';
import { outside } from '../frames/frames.ts';
import { setTimeout } from '../platform/platform.ts';
import type { CancelNode } from './cancel-node.ts';

/** The period in milliseconds in which cancelled nodes are checked, and the number of checks before a warning. */
const PERIOD = 1000;
const PATIENCE = 5;

// Nearly all scopes end a moment after they were cancelled. So there is no timer and no reading of the clock for each. One
// timer serves the process while there are cancelled nodes, and each node is noted with the number of checks until then.
const cancelled = new Map<CancelNode, number>();
let checks = 0;
let scheduled = false;

/** The node has been cancelled, so its code should end soon. If it does not, because of foreign code, one warning says so. */
export function expectEnd(node: CancelNode): void {
  cancelled.set(node, checks);
  if (!scheduled) schedule();
}

/** It has ended. */
export function hasEnded(node: CancelNode): void {
  cancelled.delete(node);
}

function schedule(): void {
  scheduled = true;
  const timer = outside(() => setTimeout(check, PERIOD));
  // Timers of some runtimes have no `unref`.
  (timer as Partial<typeof timer>).unref?.();
}

function check(): void {
  scheduled = false;
  checks++;
  for (const [node, since] of cancelled) {
    if (checks - since <= PATIENCE) continue;
    // It is checked again later: code that is behind a shield now may wait for foreign code then.
    cancelled.set(node, checks);
    withObserving(({ warnOfOverdue }) => {
      if (warnOfOverdue(node)) cancelled.delete(node);
    });
  }
  if (cancelled.size > 0) schedule();
}
