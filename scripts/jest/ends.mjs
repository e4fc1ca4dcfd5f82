// A jest reporter for what a test has left behind that keeps jest from ending: it says what that is, and the run fails.
// jest itself says only that there is something, and then waits without a limit.

/** Milliseconds: what a test has begun may need a moment to end. */
const PATIENCE = 30_000;

export default class Ends {
  #isWatching;

  constructor({ watch, watchAll }) {
    this.#isWatching = watch || watchAll;
  }

  onRunComplete() {
    if (this.#isWatching) return;
    // It does not keep the process alive itself.
    setTimeout(fail, PATIENCE).unref();
  }
}

function fail() {
  const resources = process.getActiveResourcesInfo().join(', ');
  console.error(`The tests are done, but ${PATIENCE / 1000} seconds later the process still has ${resources}`);
  process.exit(1);
}
