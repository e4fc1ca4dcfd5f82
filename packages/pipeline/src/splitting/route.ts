import { descriptionOf, sectionOf } from '../describing/section.ts';
import type { Section, SectionDescription, TaskPlace } from '../describing/section.ts';
import { NOTHING } from '../running/input.ts';
import type { Input } from '../running/input.ts';
import { describe, requireCount, requireFunction } from '../sections/require.ts';
import { Branches } from './branches.ts';
import type { Branch } from './branches.ts';

/**
 * The output of sections.
 *
 * @example
 * const parse = map((text: string) => Number(text));
 * type Parsed = OutputOf<typeof parse>; // number
 */
export type OutputOf<S> = S extends Section<never, infer O> ? O : never;

/**
 * Gives each item to the sections that `fn` names for it. They run beside each other; results come as they are made.
 *
 * @param branches sections by name.
 * @throws {TypeError} when a branch is not a section. A name that is not among the branches fails the pipeline with a
 * `RangeError`.
 * @example
 * pipeline(events, route((event) => event.kind, { order: map(bill), refund: map(payBack, { concurrency: 4 }) }));
 */
export function route<I, R extends Readonly<Record<string, Section<I, unknown>>>>(
  fn: (item: I) => keyof R,
  branches: R,
): Section<I, OutputOf<R[keyof R]>> {
  requireFunction('route', fn);
  const sections = new Map<PropertyKey, SectionDescription>();
  for (const [name, section] of Object.entries(branches ?? {})) {
    const description = descriptionOf(section);
    if (description === undefined) {
      throw new TypeError(`route(): the branch ${describe(name)} must be a section, not ${describe(section)}`);
    }
    sections.set(name, description);
  }
  return sectionOf({
    kind: 'task',
    name: 'route',
    detail: fn.name,
    async body(input, emit, place) {
      const open = new Branches(place);
      const byName = new Map<PropertyKey, Branch>();
      for (const [name, section] of sections) byName.set(name, open.open(name, section));
      const branchOf = (item: unknown): Branch => {
        try {
          const name = fn(item as I);
          const branch = byName.get(name);
          if (branch !== undefined) return branch;
          const names = [...byName.keys()].map(String).join(', ');
          throw new RangeError(`${place.label}: there is no branch ${describe(name)}; there are ${names}`);
        } catch (error) {
          throw place.blame(error);
        }
      };
      const give = (item: unknown): PromiseLike<unknown> | undefined => branchOf(item).items.put(item);
      await open.run(() => giveOut(input, [...byName.values()], give, place), emit);
    },
  });
}

/**
 * Gives each item to all of `count` branches, which run beside each other. Results come as they are made. The slowest branch
 * rules the pace; it may be 64 items behind.
 *
 * @param section makes the sections of a branch, by its number from 0 on.
 * @throws {RangeError} when `count` is not an integer of at least 1. @throws {TypeError} when `section` is not a function.
 * @example
 * pipeline(samples, broadcast(2, (index) => (index === 0 ? map(toRow) : section(window({ size: 60 }), map(toAverage)))));
 */
export function broadcast<I, O>(count: number, section: (index: number) => Section<I, O>): Section<I, O> {
  requireCount('broadcast', 'count', count, 1);
  requireFunction('broadcast', section);
  return sectionOf({
    kind: 'task',
    name: 'broadcast',
    async body(input, emit, place) {
      const open = new Branches(place);
      const branches: Branch[] = [];
      for (let index = 0; index < count; index++) {
        const description = descriptionOf(section(index));
        if (description === undefined)
          throw place.blame(new TypeError(`${place.label}: branch ${index} is not a section`));
        branches.push(open.open(index, description));
      }
      const give = async (item: unknown): Promise<void> => {
        // All get it before the slowest is waited for.
        for (const pending of branches.map(({ items }) => items.put(item))) if (pending !== undefined) await pending;
      };
      await open.run(() => giveOut(input, branches, give, place), emit);
    },
  });
}

/** Gives the items of the input to branches until it has ended, or all of them want nothing more. */
async function giveOut(
  input: Input,
  branches: readonly Branch[],
  give: (item: unknown) => PromiseLike<unknown> | undefined,
  place: TaskPlace,
): Promise<void> {
  for (;;) {
    const item = input.take();
    if (item === NOTHING) {
      if (!(await place.more(input))) return;
      continue;
    }
    const pending = give(item);
    if (pending !== undefined) await pending;
    if (branches.every(({ items }) => items.closed)) return;
    await place.pace();
  }
}
