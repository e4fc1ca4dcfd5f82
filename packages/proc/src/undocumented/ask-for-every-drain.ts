import type { Writable } from 'node:stream';
import { documentedOnly } from './documented-only.ts';

/**
 * Sets the high-water mark of a stream to 1, so that Node emits `'drain'` whenever everything has been written. That saves
 * a callback for each write. Node takes no high-water mark for the pipes of a child, so it is set where Node stores it;
 * should Node store it elsewhere, this does nothing, and each write gets a callback.
 */
export function askForEveryDrain(pipe: Writable): void {
  if (documentedOnly) return;
  const { _writableState: state } = pipe as { _writableState?: { highWaterMark?: number } };
  if (state?.highWaterMark !== undefined) state.highWaterMark = 1;
}
