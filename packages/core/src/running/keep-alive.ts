import { outside } from '../frames/frames.ts';
import { clearInterval, setInterval } from '../platform/platform.ts';

/** The longest period that a timer of the platform can take, in milliseconds. */
const LONGEST_PERIOD = 2 ** 31 - 1;

/** Keeps the process alive while operations that only wait, such as `sleepForever`, ask for it. */
export class KeepAlive {
  /** How many operations ask for it. */
  holders = 0;
  /** A timer that does nothing; it runs while there are holders. */
  #timer: ReturnType<typeof setInterval> | undefined = undefined;

  /** Keeps the process alive until `release` has been called as often. */
  hold(): void {
    if (this.holders++ === 0) this.#timer = outside(() => setInterval(() => undefined, LONGEST_PERIOD));
  }

  release(): void {
    if (--this.holders === 0) this.stop();
  }

  /** Lets the process end, whatever the number of holders. */
  stop(): void {
    clearInterval(this.#timer);
  }
}
