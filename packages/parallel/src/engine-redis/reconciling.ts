/** Milliseconds between two rounds. */
const EVERY = 5000;
/** How many jobs are looked at in one round: all, when there are few. */
const LEAST = 100;
/** How many are looked at together. */
const TOGETHER = 50;

/**
 * Looks at jobs that are waited for, in turn: for those whose events were lost. Redis keeps only the latest ten thousand of a
 * queue, and all jobs are looked at when a connection has come back.
 */
export class Reconciling {
  readonly #ids: () => Iterable<string>;
  readonly #lookAt: (id: string) => Promise<void>;
  readonly #problem: (error: unknown) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  /** Jobs of the round before, which are looked at first when they are still waited for. */
  #seen = new Set<string>();
  readonly #soon = new Set<string>();
  #busy = false;
  #ended = false;

  /** @param ids those that are waited for, the oldest first. */
  constructor(ids: () => Iterable<string>, lookAt: (id: string) => Promise<void>, problem: (error: unknown) => void) {
    this.#ids = ids;
    this.#lookAt = lookAt;
    this.#problem = problem;
    this.#timer = setInterval(() => this.#round(), EVERY);
    this.#timer.unref();
  }

  /** After a connection has come back. */
  lookAtAll(): void {
    for (const id of this.#ids()) this.#soon.add(id);
    void this.#work();
  }

  lookAtSoon(id: string): void {
    this.#soon.add(id);
    void this.#work();
  }

  end(): void {
    this.#ended = true;
    this.#soon.clear();
    clearInterval(this.#timer);
  }

  /** Takes those that have been waited for since the last round, a tenth at a time. */
  #round(): void {
    const ids = [...this.#ids()];
    const most = Math.max(LEAST, Math.ceil(ids.length / 10));
    const old = ids.filter((id) => this.#seen.has(id));
    for (const id of old.slice(0, most)) {
      this.#soon.add(id);
      // The others come first next time.
      this.#seen.delete(id);
    }
    const later = old.slice(most);
    this.#seen = new Set(later.length > 0 ? later : ids);
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#soon.size > 0 && !this.#ended) {
        const some = [...this.#soon].slice(0, TOGETHER);
        for (const id of some) this.#soon.delete(id);
        await Promise.all(some.map((id) => this.#lookAt(id)));
      }
    } catch (error) {
      this.#problem(error);
    } finally {
      this.#busy = false;
    }
  }
}
