import type { Task } from '../tasks/task.ts';

/**
 * A step that is ready: code of a task that goes on, or begins, as soon as it is chosen.
 *
 * @example
 * const seen: string[] = [];
 * const show = ({ task, what }: Step): string => `${task.name}#${task.id} (${what})`;
 * const inOrder: Scheduler = {
 *   choose(steps) {
 *     seen.push(steps.map(show).join(', '));
 *     return 0;
 *   },
 *   random: Math.random,
 * };
 * await run(() => all([() => checkpoint(), () => checkpoint()]), { scheduler: inOrder });
 */
export interface Step {
  /** The task that goes on. */
  readonly task: Task;
  /** The operation that it has waited for, as the task tree shows it: `'lock'`, `'checkpoint'`, `'start'`, `'timer'`. */
  readonly what: string;
}

/**
 * Decides the order of a run: which of the steps that are ready at the same time goes next. For tools that run a program under
 * many orders; `run(main, { seed })` is the everyday form.
 *
 * @example
 * // The step that became ready last goes first.
 * const scheduler: Scheduler = { choose: (ready) => ready.length - 1, random: () => 0.5 };
 * await run(() => all([() => console.log('first'), () => console.log('second')]), { scheduler }); // second, first
 */
export interface Scheduler {
  /**
   * Called before each step, outside of the run.
   *
   * @param ready at least one, in the order in which they became ready. Valid during the call only.
   * @returns the index of the one that goes next. If it is not an index, or if the function throws, the run fails.
   */
  choose(ready: readonly Step[]): number;
  /** A number from 0 to 1, without 1, for whatever is random in the framework itself, such as the jitter of `retry`. */
  random(): number;
}
