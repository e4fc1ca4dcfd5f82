import { breakDeadlock } from './deadlock.ts';
import { observe } from './observe.ts';
import { warnOfOverdue } from './overdue.ts';
import { warnOfSwallowing } from './swallowing.ts';

/** The functions that watch a run or explain what is wrong with it; loaded on demand by `loadObserving`. */
export interface Observing {
  readonly breakDeadlock: typeof breakDeadlock;
  readonly observe: typeof observe;
  readonly warnOfOverdue: typeof warnOfOverdue;
  readonly warnOfSwallowing: typeof warnOfSwallowing;
}

export const observing: Observing = { breakDeadlock, observe, warnOfOverdue, warnOfSwallowing };
