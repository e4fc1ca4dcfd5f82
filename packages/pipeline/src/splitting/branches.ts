import { named, openNursery } from '@tercet/core';
import { WaitQueue } from '@tercet/core/lowlevel';
import { isReady, Several } from '../combining/several.ts';
import type { SectionDescription, TaskPlace } from '../describing/section.ts';
import { isOwnCancellation } from '../running/failure.ts';
import { NOTHING } from '../running/input.ts';
import type { Input, Step } from '../running/input.ts';
import { Link } from '../running/link.ts';

/** One of the parts into which a pipeline has been split. */
export interface Branch {
  readonly name: unknown;
  /** Where its items go. */
  readonly items: Link;
  /** The output of its sections. */
  readonly results: Input;
}

/**
 * The branches of a splitter. Two tasks are at work: one gives items to the branches, and waits when one of them has no room;
 * the other takes what they make as it comes.
 */
export class Branches {
  readonly #place: TaskPlace;
  readonly #open = new Set<Branch>();
  readonly #several = new Several();
  readonly #leavers = new WaitQueue<void>('the end of a branch');
  #isDone = false;

  constructor(place: TaskPlace) {
    this.#place = place;
    // It is not known which items are still in a branch.
    place.keeps(() => Infinity);
  }

  get size(): number {
    return this.#open.size;
  }

  open(name: unknown, section: SectionDescription): Branch {
    const items = new Link();
    const results = this.#place.attach(items, [section], { linked: true });
    const branch = { name, items, results };
    this.#open.add(branch);
    this.#several.add(results);
    this.#several.wake();
    return branch;
  }

  isOpen(branch: Branch): boolean {
    return this.#open.has(branch);
  }

  /** Waits until a branch has ended. */
  async oneHasLeft(): Promise<void> {
    await this.#leavers.wait(undefined);
  }

  /** Runs `route` beside the task that gives out results, until all branches have ended. */
  async run(route: () => Promise<void>, emit: Step): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    await openNursery(async (nursery) => {
      const routing = async (): Promise<void> => {
        try {
          await route();
        } catch (error) {
          if (isOwnCancellation(error)) throw error;
          failure = { error };
        }
        this.#isDone = true;
        for (const { items } of this.#open) items.end();
        this.#several.wake();
      };
      const router = nursery.startSoon(named(`${this.#place.label} router`, routing));
      try {
        await this.#giveOut(emit);
      } catch (error) {
        if (isOwnCancellation(error)) throw error;
        failure = { error };
      }
      router.cancel('the branches have ended');
    });
    for (const { results } of this.#open) await this.#place.close(results);
    if (failure !== undefined) throw failure.error;
  }

  async #giveOut(emit: Step): Promise<void> {
    while (!this.#isDone || this.#open.size > 0) {
      let hasMoved = false;
      for (const branch of this.#open) {
        const { results } = branch;
        const item = results.take();
        if (item !== NOTHING) {
          hasMoved = true;
          await emit(item);
          if (this.#place.isOver) return;
        } else if (isReady(results) && !(await results.more())) {
          this.#open.delete(branch);
          this.#several.delete(results);
          this.#leavers.wakeAll();
        }
      }
      if (hasMoved) await this.#place.pace();
      else if (!this.#isDone || this.#open.size > 0) await this.#several.wait();
    }
  }
}
