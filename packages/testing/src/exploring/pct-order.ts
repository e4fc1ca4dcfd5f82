import { seededRandom } from '@tercet/core/lowlevel';
import type { Step } from '@tercet/core/lowlevel';
import type { Chooser } from './recorder.ts';

/** The parts of a seed of this strategy: below this factor the seed itself, above it the length of the run. */
const LENGTH_FACTOR = 2 ** 32;
/** The length of a run that is assumed when the seed holds none. */
const ASSUMED_LENGTH = 16;
/** How often a task may be chosen in a row although others are ready: it may be waiting for them in a loop. */
const LONGEST_STREAK = 200;

/** A seed that holds the number of decisions of a run, too, among which the changes of priority are drawn. */
export function withLength(seed: number, decisions: number): number {
  return (seed % LENGTH_FACTOR) + Math.min(decisions, 2 ** 20) * LENGTH_FACTOR;
}

/**
 * Probabilistic concurrency testing: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with Probabilistic
 * Guarantees of Finding Bugs", ASPLOS 2010.
 *
 * Each task gets a random priority when it is first seen, and the ready task with the highest one goes on. At `depth - 1`
 * random decisions the task that would go on falls below all others. A bug that needs `depth` steps in a certain order is
 * found with a probability of at least 1 / (n × k^(depth - 1)), for n tasks and k decisions: most bugs need two or three.
 */
export function pctOrder(seed: number, depth: number): Chooser {
  const random = seededRandom(seed);
  const length = Math.floor(seed / LENGTH_FACTOR) || ASSUMED_LENGTH;
  const changes = new Set(Array.from({ length: depth - 1 }, () => Math.floor(random() * length)));
  const priorities = new Map<number, number>();
  let decisions = 0;
  let lowest = 0;
  let latest = -1;
  let streak = 0;

  const highest = (ready: readonly Step[]): number => {
    let best = 0;
    let priority = -Infinity;
    for (const [index, { task }] of ready.entries()) {
      let own = priorities.get(task.id);
      if (own === undefined) priorities.set(task.id, (own = random()));
      if (own > priority) [best, priority] = [index, own];
    }
    return best;
  };

  return {
    choose(ready) {
      let index = highest(ready);
      const { id } = ready[index]!.task;
      streak = id === latest ? streak + 1 : 0;
      latest = id;
      if (changes.has(decisions++) || streak > LONGEST_STREAK) {
        priorities.set(id, --lowest);
        streak = 0;
        index = highest(ready);
      }
      return index;
    },
  };
}
