import { moveOnAt } from '@tercet/core';
import type { TaskPlace } from '../describing/section.ts';
import type { Input } from '../running/input.ts';

/** Waits for the input until an instant: whether there is something; `undefined` when the instant has come first. */
export async function moreUntil(deadline: number, input: Input, place: TaskPlace): Promise<boolean | undefined> {
  if (deadline === Infinity) return await place.more(input);
  // An acknowledgement is not cut off by the deadline of a section.
  await place.passMarks();
  return await moveOnAt(deadline, async () => await place.more(input));
}
