import { breakDeadlock } from './deadlock.ts';
import { orderFrom } from '../ordering/order.ts';
import { observe } from './observe.ts';
import { warnOfOverdue } from './overdue.ts';
import { warnOfSwallowing } from './swallowing.ts';

/** The functions that watch a run, explain what is wrong with it, or decide its order; loaded on demand by `loadObserving`. */
export interface Observing {
  readonly breakDeadlock: typeof breakDeadlock;
  readonly observe: typeof observe;
  readonly orderFrom: typeof orderFrom;
  readonly warnOfOverdue: typeof warnOfOverdue;
  readonly warnOfSwallowing: typeof warnOfSwallowing;
}

export const observing: Observing = { breakDeadlock, observe, orderFrom, warnOfOverdue, warnOfSwallowing };
