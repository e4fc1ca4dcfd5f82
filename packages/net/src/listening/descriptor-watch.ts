import { readFileSync } from 'node:fs';

/** Warn when at most this number of file descriptors is left. */
const FEW = 4;

/** Least time between two warnings: milliseconds. */
const PAUSE = 60_000;

/**
 * Warns when a server runs out of file descriptors.
 *
 * When a process has no descriptor left for a connection, libuv accepts the connection and closes it at once, and reports
 * nothing. But the descriptors of earlier connections can be seen: the operating system takes the lowest that is free, so
 * one near the limit is one of the last.
 */
export class DescriptorWatch {
  readonly #limit: number;
  readonly #warn: (message: string) => void;
  #saidAt = -Infinity;

  constructor(limit: number, warn: (message: string) => void) {
    this.#limit = limit;
    this.#warn = warn;
  }

  /** Looks at the descriptor of a new connection. */
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
    // Only Linux has it in a file.
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return Infinity;
  }
}
