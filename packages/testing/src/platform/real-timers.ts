import { clearTimeout, setImmediate, setTimeout } from 'node:timers';

// Timers that take real time, even when a test has replaced the global ones by fake timers: they are read when this module is
// loaded, and not from the globals.

export { clearTimeout, setImmediate, setTimeout };

/** Milliseconds of real time, from an arbitrary zero. */
export const realNow: () => number = performance.now.bind(performance);
