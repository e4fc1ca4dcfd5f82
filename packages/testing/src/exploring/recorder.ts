import type { Scheduler, Step } from '@tercet/core/lowlevel';
import { seededRandom } from '@tercet/core/lowlevel';
import { CheckFailedError } from '../assertions/check-failed-error.ts';

/** The number of steps after which a run counts as endless. */
const MOST_STEPS = 100_000;

/** Decides one run: which of several steps goes next. */
export interface Chooser {
  /** @param ready at least two steps. @param position how many steps the run has taken. */
  choose(ready: readonly Step[], position: number): number;
}

/** A choice other than the first, which is the plain order: at a position, the index of the step that went next. */
export type Deviation = readonly [position: number, index: number];

/**
 * A step that went before others that had been ready for longer.
 *
 * @example
 * const show = ({ step, task, what, before }: Decision): string =>
 *   `step ${step}: ${task} (${what}) goes before ${before.map((other) => other.task).join(', ')}`;
 * show({ step: 1, task: 'bob#3', what: 'start', before: [{ task: 'ann#2', what: 'start' }] });
 */
export interface Decision {
  /** The position of the step in its run, from 0. */
  readonly step: number;
  /** The task that went on: `'consumer#4'`. */
  readonly task: string;
  /** The operation that it had waited for, as the task tree shows it: `'lock'`, `'checkpoint'`, `'start'`, `'timer'`. */
  readonly what: string;
  /** The steps that the plain order would have taken first, in the same form. */
  readonly before: readonly { readonly task: string; readonly what: string }[];
}

/** The scheduler of one run: it asks a chooser, and notes what it says and among what. */
export class Recorder implements Scheduler {
  /** The index that was chosen, for each step. */
  readonly choices: number[] = [];
  /** How many steps were ready, for each step. */
  readonly counts: number[] = [];
  /** A fingerprint of what was ready, for each step. */
  readonly prints: number[] = [];
  /** The differences from the plain order, in words; empty unless they were asked for. */
  readonly decisions: Decision[] = [];
  readonly random: () => number;
  readonly #chooser: Chooser;
  readonly #describes: boolean;

  /** @param seed for what the framework draws for itself. @param describes whether `decisions` are wanted. */
  constructor(chooser: Chooser, seed: number, describes = false) {
    this.#chooser = chooser;
    this.#describes = describes;
    this.random = seededRandom(-1 - seed);
  }

  /** How many steps the run has taken. */
  get steps(): number {
    return this.choices.length;
  }

  choose(ready: readonly Step[]): number {
    const position = this.choices.length;
    if (position >= MOST_STEPS) {
      throw new CheckFailedError(
        `the run has not ended after ${MOST_STEPS} steps; a task may be waiting in a loop for something that never happens`,
      );
    }
    const index = ready.length === 1 ? 0 : this.#chooser.choose(ready, position);
    this.choices.push(index);
    this.counts.push(ready.length);
    this.prints.push(fingerprint(ready));
    if (this.#describes && index > 0) this.#describe(ready, index, position);
    return index;
  }

  /** The choices that differ from the plain order. */
  deviations(): Deviation[] {
    const found: Deviation[] = [];
    for (const [position, index] of this.choices.entries()) if (index > 0) found.push([position, index]);
    return found;
  }

  /** The first step at which two runs that were decided alike went different ways; `undefined` if they did not. */
  differsFrom(other: Recorder, steps: number = Math.max(this.steps, other.steps)): number | undefined {
    for (let step = 0; step < steps; step++) if (this.prints[step] !== other.prints[step]) return step;
    return undefined;
  }

  #describe(ready: readonly Step[], index: number, position: number): void {
    const steps = ready.slice(0, index + 1).map(({ task, what }) => ({ task: `${task.name}#${task.id}`, what }));
    const chosen = steps.pop()!;
    this.decisions.push({ step: position, ...chosen, before: steps });
  }
}

function fingerprint(ready: readonly Step[]): number {
  let hash = ready.length;
  for (const { task, what } of ready) {
    hash = Math.imul(hash ^ task.id, 0x01000193);
    hash = Math.imul(hash ^ (what.length + (what.charCodeAt(0) << 8)), 0x01000193);
  }
  return hash;
}
