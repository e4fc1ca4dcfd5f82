/** Milliseconds between two rounds. */
const EVERY = 5000;
/** A round checks a tenth of the jobs, but at least this number. */
const LEAST = 100;
/** Number of jobs that are checked at the same time. */
const TOGETHER = 50;

/**
 * Checks the jobs of a caller in turn, to find those whose events were lost: Redis keeps only the latest ten thousand events of a
 * queue. After a reconnection it checks all jobs.
 */
export class Reconciling {
  readonly #ids: () => Iterable<string>;
  readonly #lookAt: (id: string) => Promise<void>;
  readonly #problem: (error: unknown) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  /** Jobs that were pending in an earlier round. The next round checks those of them that still are. */
  #seen = new Set<string>();
  readonly #soon = new Set<string>();
  #busy = false;
  #ended = false;

  /** @param ids returns the ids of the pending jobs, the oldest first. */
  constructor(ids: () => Iterable<string>, lookAt: (id: string) => Promise<void>, problem: (error: unknown) => void) {
    this.#ids = ids;
    this.#lookAt = lookAt;
    this.#problem = problem;
    this.#timer = setInterval(() => this.#round(), EVERY);
    this.#timer.unref();
  }

  /** Checks all pending jobs: for a connection that has come back. */
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

  /** Checks a part of the jobs that are still pending since the last round. */
  #round(): void {
    const ids = [...this.#ids()];
    const most = Math.max(LEAST, Math.ceil(ids.length / 10));
    const old = ids.filter((id) => this.#seen.has(id));
    for (const id of old.slice(0, most)) {
      this.#soon.add(id);
      // The next round begins with the others.
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
