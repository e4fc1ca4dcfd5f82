import type { Writable } from 'node:stream';
import { documentedOnly } from './documented-only.ts';

/**
 * Sets the high-water mark of a stream to 1, so that Node tells by `'drain'` when all has been written: that saves a callback
 * for each write. It cannot be given for the pipes of a child, so it is set where Node keeps it; if that place were gone,
 * the callbacks stay.
 */
export function askForEveryDrain(pipe: Writable): void {
  if (documentedOnly) return;
  const { _writableState: state } = pipe as { _writableState?: { highWaterMark?: number } };
  if (state?.highWaterMark !== undefined) state.highWaterMark = 1;
}
