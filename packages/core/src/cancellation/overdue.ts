import { loadObserving } from '../probes/load-observing.ts';
import { outside } from '../frames/frames.ts';
import { setTimeout } from '../platform/platform.ts';
import type { CancelNode } from './cancel-node.ts';

/** How often those that were cancelled are looked at, in milliseconds, and how many looks they have to end. */
const PERIOD = 1000;
const PATIENCE = 5;

// Nearly all scopes end a moment after they were cancelled. So no clock is read and no timer set for each: it is noted how
// many looks there had been, and one timer serves the process while there are any.
const cancelled = new Map<CancelNode, number>();
let looks = 0;
let scheduled = false;

/** The node has been cancelled: what is in it should end soon. Where it does not, because of foreign code, that is told once. */
export function expectEnd(node: CancelNode): void {
  cancelled.set(node, looks);
  if (!scheduled) schedule();
}

/** It has ended. */
export function hasEnded(node: CancelNode): void {
  cancelled.delete(node);
}

function schedule(): void {
  scheduled = true;
  const timer = outside(() => setTimeout(look, PERIOD));
  // Not every runtime's timers can be told not to hold the process.
  (timer as Partial<typeof timer>).unref?.();
}

function look(): void {
  scheduled = false;
  looks++;
  for (const [node, since] of cancelled) {
    if (looks - since <= PATIENCE) continue;
    // It is looked at again: what is shielded now may wait for foreign code later.
    cancelled.set(node, looks);
    void loadObserving().then(({ warnOfOverdue }) => {
      if (warnOfOverdue(node)) cancelled.delete(node);
    });
  }
  if (cancelled.size > 0) schedule();
}
