import { BusyResourceError } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';

/**
 * Lets one task at a time use something. It is not a lock: a second one does not wait but gets an error, because two
 * tasks that send on one stream at the same time are a mistake of the program.
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
  #held = false;

  /** @param text what the second one is told. */
  constructor(text: string) {
    this.#text = text;
  }

  /** Whether somebody is inside. */
  get isHeld(): boolean {
    return this.#held;
  }

  /** Looks whether somebody is inside. @throws {BusyResourceError} when so. */
  check(): void {
    if (this.#held) throw new BusyResourceError(this.#text);
  }

  /** Goes inside; `leave` has to follow in any case. @throws {BusyResourceError} when somebody is inside. */
  enter(): void {
    this.check();
    this.#held = true;
  }

  leave(): void {
    this.#held = false;
  }

  /** Calls `fn`, and is held until its promise has settled. @throws {BusyResourceError} when somebody is inside. */
  async run<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    this.enter();
    try {
      return await fn();
    } finally {
      this.leave();
    }
  }
}
