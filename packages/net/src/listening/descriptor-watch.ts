import { readFileSync } from 'node:fs';

/** When no more than so many file descriptors are left, it is time to say so. */
const FEW = 4;

/** How often that is said at most: milliseconds. */
const PAUSE = 60_000;

/**
 * Says when a server runs out of file descriptors.
 *
 * Beneath Node, connections for which the process has no descriptor left are accepted and closed at once, and neither the
 * server nor its program hears of it. What can be seen is the descriptor that each connection gets: the operating system
 * takes the lowest that is free, so that one next to the limit is one of the last.
 */
export class DescriptorWatch {
  readonly #limit: number;
  readonly #warn: (message: string) => void;
  #saidAt = -Infinity;

  constructor(limit: number, warn: (message: string) => void) {
    this.#limit = limit;
    this.#warn = warn;
  }

  /** Looks at the descriptor of a connection that has just come; Node does not document it. */
  look(descriptor: unknown): void {
    if (typeof descriptor !== 'number' || descriptor < this.#limit - FEW) return;
    const now = performance.now();
    if (now - this.#saidAt < PAUSE) return;
    this.#saidAt = now;
    this.#warn(
      `the process has hardly any file descriptors left, its limit is ${this.#limit}: further connections are closed ` +
        'as soon as they come, until some are free. Raise the limit, or listen in more processes',
    );
  }
}

/** How many file descriptors the process may have; `Infinity` when that cannot be found out, or there is no limit. */
export function descriptorLimit(): number {
  try {
    // Others than Linux tell it only to native code.
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return Infinity;
  }
}
