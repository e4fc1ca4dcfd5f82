// What looks at a run from outside, and is of no use while nobody does: whoever needs it loads it, by `loadObserving`.
export { breakDeadlocks } from './deadlock.ts';
export { observe } from './observe.ts';
export { warnOfSwallowing } from './swallowing.ts';
