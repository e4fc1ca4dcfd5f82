import type { CancelNode } from '../cancellation/cancel-node.ts';
import { currentNode } from '../frames/frames.ts';
import { checkpoint, rejected } from './checkpoint.ts';
import { Wait } from './wait.ts';
import type { AbortOutcome } from './wait.ts';
import type { Timed } from '../time/deadlines.ts';
import { requireInstant, toMilliseconds } from '../time/duration.ts';
import type { Duration } from '../time/duration.ts';

/**
 * The present instant of the run's clock, in milliseconds from an arbitrary zero: for differences and deadlines.
 *
 * @throws {StateError} outside of a run.
 * @example
 * const begin = currentTime();
 * await work();
 * console.log(`that took ${currentTime() - begin} ms`);
 */
export function currentTime(): number {
  return currentNode('currentTime()').run.clock.now();
}

/**
 * Waits for a length of time, on the run's clock. `sleep(0)` is a checkpoint.
 *
 * A checkpoint.
 *
 * @param duration milliseconds, or `{ seconds: 2 }`.
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {RangeError} when the duration is negative or NaN. @throws {StateError} outside of a run.
 * @example
 * await sleep(250);
 * await sleep({ minutes: 2 });
 */
export function sleep(duration: Duration): Promise<void> {
  try {
    const milliseconds = toMilliseconds(duration, 'sleep()');
    if (milliseconds === 0) return checkpoint();
    const node = currentNode('sleep()');
    return beginSleep(node, node.run.clock.now() + milliseconds);
  } catch (error) {
    return rejected(error);
  }
}

/**
 * Waits until an instant of the run's clock. If it has passed, this is `checkpoint()`.
 *
 * A checkpoint.
 *
 * @param deadline an instant of `currentTime()`, in milliseconds.
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {RangeError} when the deadline is NaN. @throws {StateError} outside of a run.
 * @example
 * const due = currentTime() + 1000;
 * prepare();
 * await sleepUntil(due); // a second after the first line, however long `prepare` has taken
 */
export function sleepUntil(deadline: number): Promise<void> {
  try {
    requireInstant(deadline, 'sleepUntil()');
    const node = currentNode('sleepUntil()');
    return deadline <= node.run.clock.now() ? checkpoint() : beginSleep(node, deadline);
  } catch (error) {
    return rejected(error);
  }
}

/**
 * Waits until it is cancelled, and keeps the process alive while it does.
 *
 * A checkpoint.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
 * @example
 * try {
 *   await sleepForever();
 * } finally {
 *   console.log('cancelled');
 * }
 */
export function sleepForever(): Promise<never> {
  try {
    const node = currentNode('sleepForever()');
    node.task.countCheckpoint();
    const wait = new EndlessSleep(node);
    wait.abortIfCancelled();
    return wait.promise;
  } catch (error) {
    return rejected(error);
  }
}

function beginSleep(node: CancelNode, deadline: number): Promise<void> {
  if (deadline === Infinity) return sleepForever();
  node.task.countCheckpoint();
  const sleep = new Sleep(node, 'sleep', true);
  if (node.effective) sleep.abortIfCancelled();
  else node.run.deadlines.set(sleep, deadline);
  return sleep.promise;
}

class Sleep extends Wait<void> implements Timed {
  at = NaN;

  expire(): void {
    this.wake();
  }

  protected override withdraw(): AbortOutcome {
    this.node.run.deadlines.remove(this);
    return 'succeeded';
  }
}

class EndlessSleep extends Wait<never> {
  constructor(node: CancelNode) {
    super(node, 'sleepForever', true);
    node.run.keepAlive.hold();
  }

  protected override withdraw(): AbortOutcome {
    this.node.run.keepAlive.release();
    return 'succeeded';
  }
}
