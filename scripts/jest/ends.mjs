// A jest reporter for what a test has left behind that keeps jest from ending: it says what that is, and the run fails.
// jest itself says only that there is something, and then waits without a limit.

export default class Ends {
  #isWatching;
  #patience;

  /** @param patience milliseconds: what a test has begun may need a moment to end. */
  constructor({ watch, watchAll }, { patience = 30_000 } = {}) {
    this.#isWatching = watch || watchAll;
    this.#patience = patience;
  }

  onRunComplete() {
    if (this.#isWatching) return;
    // It does not keep the process alive itself.
    setTimeout(fail, this.#patience, this.#patience).unref();
  }
}

function fail(patience) {
  const resources = process.getActiveResourcesInfo().join(', ');
  console.error(`The tests are done, but ${patience / 1000} seconds later the process still has ${resources}`);
  process.exit(1);
}
