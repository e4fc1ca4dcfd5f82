import { BusyResourceError } from '@tercet/core';
import { inspectAs, rejected } from '@tercet/core/lowlevel';

/**
 * Lets one task at a time use a resource. It is not a lock: a second task gets an error instead of waiting, because it is
 * a mistake of the program when two tasks send on one stream at the same time.
 *
 * @example
 * const sending = new ConflictDetector('another task is sending on this stream');
 * await sending.run(() => writeItAll());
 */
export class ConflictDetector {
  static {
    inspectAs(this, (detector) => `ConflictDetector ${detector.#held ? 'held' : 'free'}`);
  }

  readonly #text: string;
  /** True from `enter` to `leave`. */
  #held = false;

  /** @param text the message of the error that a second task gets. */
  constructor(text: string) {
    this.#text = text;
  }

  /** Whether a task is inside. */
  get isHeld(): boolean {
    return this.#held;
  }

  /** Throws when a task is inside. @throws {BusyResourceError} */
  check(): void {
    if (this.#held) throw new BusyResourceError(this.#text);
  }

  /** Enters. `leave` has to follow on every path. @throws {BusyResourceError} when a task is inside already. */
  enter(): void {
    this.check();
    this.#held = true;
  }

  /** Lets the next task in. */
  leave(): void {
    this.#held = false;
  }

  /**
   * Calls `fn`, and lets no other task in until its promise settles.
   *
   * @throws {BusyResourceError} when a task is inside already.
   */
  run<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    try {
      this.enter();
    } catch (error) {
      return rejected(error);
    }
    return this.#runInside(fn);
  }

  async #runInside<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    try {
      return await fn();
    } finally {
      this.leave();
    }
  }
}
