import type { ItemFunction, Place } from '../describing/section.ts';
import { isThenable } from './input.ts';
import type { Step } from './input.ts';

/** One of several neighbours that only call a function for each item and give what it returns. */
export interface FusedMap {
  readonly fn: ItemFunction;
  readonly place: Place;
  /** Its own step, alone. */
  readonly step: Step;
  /** The step of the section after it, alone. */
  readonly next: Step;
}

/** The number of neighbours that become one function at most. */
export const MOST_FUSED = 4;

/**
 * Two to four neighbours as one function.
 *
 * Sections that call each other share their code, and so the place in it where the function of the user is called. V8 sees
 * many functions at that place, and calls each of them the slow way. Here each function has a place in the code to itself, and
 * becomes part of the loop: three sections cost half as much (benchmark `pipeline`, 3 sync sections).
 *
 * A promise leaves this way: what follows it goes on in the steps of the single sections.
 */
export function fuseMaps(maps: readonly FusedMap[]): Step {
  const [first, second, third, fourth] = maps;
  if (first === undefined || second === undefined) throw new TypeError('there are at least two sections to fuse');
  if (third === undefined) return fuseTwo(first, second);
  return fourth === undefined ? fuseThree(first, second, third) : fuseFour(first, second, third, fourth);
}

function fuseTwo(first: FusedMap, second: FusedMap): Step {
  const { fn: one } = first;
  const { fn: two, next } = second;
  return (item) => {
    let current = first;
    let value: unknown;
    try {
      value = one(item);
      if (isThenable(value)) return goOn(value, current);
      current = second;
      value = two(value);
    } catch (error) {
      throw current.place.blame(error);
    }
    return isThenable(value) ? goOn(value, current) : next(value);
  };
}

function fuseThree(first: FusedMap, second: FusedMap, third: FusedMap): Step {
  const { fn: one } = first;
  const { fn: two } = second;
  const { fn: three, next } = third;
  return (item) => {
    let current = first;
    let value: unknown;
    try {
      value = one(item);
      if (isThenable(value)) return goOn(value, current);
      current = second;
      value = two(value);
      if (isThenable(value)) return goOn(value, current);
      current = third;
      value = three(value);
    } catch (error) {
      throw current.place.blame(error);
    }
    return isThenable(value) ? goOn(value, current) : next(value);
  };
}

function fuseFour(first: FusedMap, second: FusedMap, third: FusedMap, fourth: FusedMap): Step {
  const { fn: one } = first;
  const { fn: two } = second;
  const { fn: three } = third;
  const { fn: four, next } = fourth;
  return (item) => {
    let current = first;
    let value: unknown;
    try {
      value = one(item);
      if (isThenable(value)) return goOn(value, current);
      current = second;
      value = two(value);
      if (isThenable(value)) return goOn(value, current);
      current = third;
      value = three(value);
      if (isThenable(value)) return goOn(value, current);
      current = fourth;
      value = four(value);
    } catch (error) {
      throw current.place.blame(error);
    }
    return isThenable(value) ? goOn(value, current) : next(value);
  };
}

async function goOn(pending: PromiseLike<unknown>, { place, next }: FusedMap): Promise<void> {
  let value: unknown;
  try {
    value = await pending;
  } catch (error) {
    throw place.blame(error);
  }
  await next(value);
}
