import { breakDeadlock } from './deadlock.ts';
import { observe } from './observe.ts';
import { warnOfOverdue } from './overdue.ts';
import { warnOfSwallowing } from './swallowing.ts';

/** What is only needed to watch a run, or to tell what is wrong with it. */
export interface Observing {
  readonly breakDeadlock: typeof breakDeadlock;
  readonly observe: typeof observe;
  readonly warnOfOverdue: typeof warnOfOverdue;
  readonly warnOfSwallowing: typeof warnOfSwallowing;
}

export const observing: Observing = { breakDeadlock, observe, warnOfOverdue, warnOfSwallowing };
