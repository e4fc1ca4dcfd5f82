import { clearTimeout, setImmediate, setTimeout } from 'node:timers';

// What is meant to take real time, while a test may have put fake timers in the place of the global ones: these are taken
// when the module is loaded, and not from the globals.

export { clearTimeout, setImmediate, setTimeout };

/** Milliseconds of real time, from an arbitrary zero. */
export const realNow: () => number = performance.now.bind(performance);
