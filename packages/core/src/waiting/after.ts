import { currentNode } from '../frames/frames.ts';
import type { Selectable } from './selectable.ts';
import type { Timed } from '../time/deadlines.ts';
import { toMilliseconds } from '../time/duration.ts';
import type { Duration } from '../time/duration.ts';

/**
 * A timer as a case of a `select`: it takes effect when the selection has waited for this duration.
 *
 * @param duration milliseconds, or `{ seconds: 2 }`; with 0 it is always ready.
 * @throws {RangeError} when the duration is negative or NaN.
 * @example
 * const { key } = await select({ message: inbox.receiving(), silence: after({ seconds: 30 }) });
 */
export function after(duration: Duration): Selectable<void> {
  const milliseconds = toMilliseconds(duration, 'after()');
  return {
    poll: () => (milliseconds === 0 ? { value: undefined } : undefined),
    arm: (slot) => {
      const { deadlines, clock } = currentNode('after()').run;
      const timed: Timed = { at: NaN, expire: () => slot.wake() };
      deadlines.set(timed, clock.now() + milliseconds);
      return () => deadlines.remove(timed);
    },
  };
}
