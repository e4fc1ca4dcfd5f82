import type { Duration } from '@tercet/core';
import { descriptionOf, sectionOf } from '../describing/section.ts';
import type { Section, SectionDescription, TaskPlace } from '../describing/section.ts';
import { NOTHING } from '../running/input.ts';
import type { Input } from '../running/input.ts';
import { describe, requireCount, requireFunction, requireTime } from '../sections/require.ts';
import { moreUntil } from '../sections/timing.ts';
import { Branches } from './branches.ts';
import type { Branch } from './branches.ts';

/**
 * For `partition`.
 *
 * @example
 * // The sections of a user end when there has been no item for a minute, so that memory does not grow with the users.
 * const options: PartitionOptions = { maxOpen: 1000, idle: { minutes: 1 } };
 * const byUser = partition(({ user }: { user: string }) => user, () => take(1), options);
 * await pipeline([{ user: 'ann' }, { user: 'ann' }], byUser).toArray(); // one
 */
export interface PartitionOptions {
  /** How many keys have sections at a time. Beyond that, the key that was used longest ago is ended first. */
  readonly maxOpen?: number;
  /** How long a key may have no item before its sections are ended. */
  readonly idle?: Duration;
}

/**
 * Gives the items of each key to separate sections, which run beside those of other keys. Order is kept for each key, and
 * results come as they are made.
 *
 * The sections of a key are ended, as by the end of their input, when it has been idle, or when another key needs its place;
 * items that come later begin anew.
 *
 * @param section makes the sections of a key; called when its first item has come.
 * @throws {TypeError} when an argument is not a function. @throws {RangeError} when an option does not fit.
 * @example
 * pipeline(pages, partition((page) => page.host, () => map(fetchPage), { maxOpen: 100, idle: { minutes: 1 } }));
 */
export function partition<I, O, K = unknown>(
  key: (item: I) => K,
  section: (key: K) => Section<I, O>,
  options: PartitionOptions = {},
): Section<I, O> {
  requireFunction('partition', key);
  requireFunction('partition', section);
  const maxOpen = requireCount('partition', 'maxOpen', options.maxOpen ?? Infinity, 1);
  const idle = options.idle === undefined ? Infinity : requireTime('partition', 'idle', options.idle);
  return sectionOf({
    kind: 'task',
    name: 'partition',
    detail: key.name,
    async body(input, emit, place) {
      const branches = new Branches(place);
      const router = new Partitioning(branches, place, { key: key as never, section: section as never, maxOpen, idle });
      await branches.run(() => router.run(input), emit);
    },
  });
}

interface Plan {
  readonly key: (item: unknown) => unknown;
  readonly section: (key: unknown) => unknown;
  readonly maxOpen: number;
  readonly idle: number;
}

class Partitioning {
  readonly #branches: Branches;
  readonly #place: TaskPlace;
  readonly #plan: Plan;
  /** The branches that take items, with the time of their last use; the one that was used longest ago is first. */
  readonly #used = new Map<unknown, { readonly branch: Branch; at: number }>();
  /** Those that have been ended and are still at work, by key. */
  readonly #ending = new Map<unknown, Branch>();

  constructor(branches: Branches, place: TaskPlace, plan: Plan) {
    this.#branches = branches;
    this.#place = place;
    this.#plan = plan;
  }

  async run(input: Input): Promise<void> {
    for (;;) {
      const item = input.take();
      if (item === NOTHING) {
        const more = await moreUntil(this.#nextIdle, input, this.#place);
        if (more === false) return;
        if (more === undefined) this.#endIdle();
        continue;
      }
      const branch = await this.#branchOf(item);
      const pending = branch.items.put(item);
      if (pending !== undefined) await pending;
      await this.#place.pace();
    }
  }

  async #branchOf(item: unknown): Promise<Branch> {
    const key = this.#blaming(() => this.#plan.key(item));
    this.#endIdle();
    const known = this.#used.get(key);
    if (known !== undefined && !known.branch.items.closed) {
      known.at = this.#place.now();
      this.#used.delete(key);
      this.#used.set(key, known);
      return known.branch;
    }
    this.#used.delete(key);
    // One key never has two of them, and all together never more than allowed.
    while (this.#isEnding(key) || this.#branches.size >= this.#plan.maxOpen) {
      if (!this.#isEnding(key)) this.#endOldest();
      await this.#branches.oneHasLeft();
    }
    const branch = this.#branches.open(
      key,
      this.#blaming(() => requireSection(this.#plan.section(key), key)),
    );
    this.#used.set(key, { branch, at: this.#place.now() });
    return branch;
  }

  #isEnding(key: unknown): boolean {
    const branch = this.#ending.get(key);
    if (branch === undefined) return false;
    if (this.#branches.isOpen(branch)) return true;
    this.#ending.delete(key);
    return false;
  }

  get #nextIdle(): number {
    for (const { at } of this.#used.values()) return at + this.#plan.idle;
    return Infinity;
  }

  #endIdle(): void {
    while (this.#nextIdle <= this.#place.now()) this.#endOldest();
  }

  #endOldest(): void {
    for (const [key, { branch }] of this.#used) {
      this.#used.delete(key);
      this.#ending.set(key, branch);
      branch.items.end();
      break;
    }
    for (const key of [...this.#ending.keys()]) this.#isEnding(key);
  }

  #blaming<T>(fn: () => T): T {
    try {
      return fn();
    } catch (error) {
      throw this.#place.blame(error);
    }
  }
}

function requireSection(value: unknown, key: unknown): SectionDescription {
  const description = descriptionOf(value);
  if (description !== undefined) return description;
  throw new TypeError(
    `partition(): for the key ${describe(key)} the function must return a section, not ${describe(value)}`,
  );
}
