import type { Combiner } from '../describing/combiner.ts';
import { NOTHING } from '../running/input.ts';
import type { Input } from '../running/input.ts';
import { isReady, Several } from './several.ts';
import { combining, placedSources } from './sources.ts';
import type { ItemOf, Sources } from './sources.ts';

/**
 * Gives the items of the source that is the first to have one; the others are closed then.
 *
 * As a section, the items from above take part, too.
 *
 * @throws {TypeError} when an argument is not a source.
 * @example
 * const answers = await pipeline(race(['from one'], ['from another'])).toArray(); // ['from one']
 */
export function race<S extends Sources, I = never>(
  ...sources: S
): Combiner<I, I | ItemOf<S[number]>, ItemOf<S[number]>>;
export function race(...args: unknown[]): Combiner<never, unknown, unknown> {
  const { placed } = placedSources('race', args, undefined);
  return combining('race', placed, { linked: true, capacity: 1 }, async (openers, emit, place) => {
    const inputs = new Set(openers.map((open) => open()));
    const several = new Several();
    for (const input of inputs) several.add(input);
    let winner: Input | undefined;
    while (winner === undefined) {
      for (const input of inputs) {
        if (!isReady(input)) continue;
        if (await input.more()) {
          winner = input;
          break;
        }
        inputs.delete(input);
        several.delete(input);
      }
      if (inputs.size === 0) return;
      if (winner === undefined) await several.wait();
    }
    for (const input of inputs) if (input !== winner) await place.close(input);
    for (;;) {
      const item = winner.take();
      if (item !== NOTHING) {
        await emit(item);
        if (place.isOver) return;
        await place.pace();
      } else if (!(await place.more(winner))) return;
    }
  });
}
