/** Thrown by an attack that needs what this machine does not have. */
export class NotTried extends Error {}

/** The argument of an attack: a folder, a way to say which bounds did not hold, and an end for what it has started. */
export class Trial {
  folder;
  /** The bounds that did not hold, with their figures. */
  broken = [];
  #ends = [];

  constructor(folder) {
    this.folder = folder;
  }

  /** Notes a bound that must hold. */
  hold(holds, what) {
    if (!holds) this.broken.push(what);
  }

  /** A figure that must be equal to another. */
  equal(actual, expected, what) {
    const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
    this.hold(got === wanted, `${what}: ${got} instead of ${wanted}`);
  }

  /** A figure that must not exceed a limit. */
  atMost(actual, limit, what) {
    this.hold(actual <= limit, `${what}: ${round(actual)}, at most ${round(limit)}`);
  }

  /** To be done when the attack has ended, the last one first. */
  atEnd(end) {
    this.#ends.unshift(end);
  }

  async end() {
    for (const end of this.#ends) {
      try {
        await end();
      } catch (error) {
        this.broken.push(`at the end: ${String(error)}`);
      }
    }
  }
}

const round = (figure) => Math.round(figure * 100) / 100;
