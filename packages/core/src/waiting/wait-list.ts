import type { Wait } from './wait.ts';

/**
 * An intrusive doubly linked list of waits, oldest first: the links are fields of the waits. So a wait that begins or ends
 * touches its neighbours only, and allocates nothing. (One AbortSignal listener for each wait is quadratic in the number of
 * waits.)
 *
 * The owner of the list has the two ends as fields. Only the functions here write them, and `listed`, `previous` and `next`
 * of the waits.
 */
export interface WaitList {
  /** Both are undefined when the list is empty. */
  firstWait: Wait<never> | undefined;
  lastWait: Wait<never> | undefined;
}

/** Adds a wait that is in no list. */
export function addWait(list: WaitList, wait: Wait<never>): void {
  wait.listed = true;
  wait.previous = list.lastWait;
  if (list.lastWait === undefined) list.firstWait = wait;
  else list.lastWait.next = wait;
  list.lastWait = wait;
}

/** Removes a wait that is in this list. */
export function removeWait(list: WaitList, wait: Wait<never>): void {
  const { previous, next } = wait;
  if (previous === undefined) list.firstWait = next;
  else previous.next = next;
  if (next === undefined) list.lastWait = previous;
  else next.previous = previous;
  wait.listed = false;
  wait.previous = undefined;
  wait.next = undefined;
}

export function* waitsOf(list: WaitList): IterableIterator<Wait<never>> {
  for (let wait = list.firstWait; wait !== undefined; wait = wait.next) yield wait;
}
