/**
 * Counts what a side of a benchmark does, and finds out how fast that is once it has become warm: connecting, loading and
 * compiling are not what is compared.
 */
export class Meter {
  #count = 0;
  #running = true;
  #warmUp;
  #began;
  #countAtBegin = 0;

  /** @param warmUp how much has to be counted before it matters; a number of milliseconds for `during`. */
  constructor(warmUp) {
    this.#warmUp = warmUp;
  }

  get isRunning() {
    return this.#running;
  }

  count(more = 1) {
    this.#count += more;
    if (this.#began === undefined && this.#count >= this.#warmUp) this.#begin();
  }

  /** How much was counted per second, and the CPU seconds that each of it took, since it was warm. */
  rates() {
    const counted = this.#count - this.#countAtBegin;
    const { user, system } = process.cpuUsage(this.#began.cpu);
    return {
      perSecond: (counted / (performance.now() - this.#began.time)) * 1000,
      cpu: (user + system) / 1e6 / counted,
    };
  }

  /** Lets something that watches `isRunning` go on for a time. @returns its rates. */
  async during(milliseconds, activity) {
    const warmUp = this.#warmUp;
    this.#warmUp = Infinity;
    let rates;
    setTimeout(() => this.#begin(), warmUp);
    setTimeout(() => {
      rates = this.rates();
      this.#running = false;
    }, warmUp + milliseconds);
    await activity();
    return rates;
  }

  #begin() {
    this.#began = { time: performance.now(), cpu: process.cpuUsage() };
    this.#countAtBegin = this.#count;
  }
}
