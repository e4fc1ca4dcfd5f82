import { TercetError } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import type { Decision } from './recorder.ts';

/** At most this many decisions are shown in the text of an error. */
const MOST_SHOWN = 20;

/**
 * `explore` has found an order in which the body fails. `cause` is the error of the body.
 *
 * Also thrown when the body takes different courses under the same choices: then a failure cannot be reproduced. In that case
 * `decisions` is empty, `taskTree` and `reproduce` are, too, and `cause` is the error of the body if it has thrown one.
 *
 * @example
 * async function race(): Promise<void> {
 *   let balance = 100;
 *   const withdraw = async (): Promise<void> => {
 *     if (balance < 100) return;
 *     await checkpoint();
 *     balance -= 100;
 *   };
 *   await all([withdraw, withdraw]);
 *   if (balance < 0) throw new Error('overdrawn');
 * }
 * try {
 *   await explore(race);
 * } catch (error) {
 *   if (!(error instanceof ExplorationError)) throw error;
 *   console.log(error.runs, error.seed, error.reproduce);
 * }
 */
export class ExplorationError extends TercetError {
  static {
    this.prototype.name = 'ExplorationError';
  }

  /** The seed of the run that failed first: `explore(body, { seed })` begins with that order. */
  readonly seed: number;
  /** The steps that went on before others that had been ready for longer, as few as were found to be enough. */
  readonly decisions: readonly Decision[];
  /** The waits of each task when the first one failed, as text. */
  readonly taskTree: string;
  /** A line for the shell that runs this test in the same order again. */
  readonly reproduce: string;
  /** How many orders had been tried. */
  readonly runs: number;

  /** @internal */
  constructor(
    message: string,
    report: Pick<ExplorationError, 'seed' | 'runs'> &
      Partial<Pick<ExplorationError, 'decisions' | 'taskTree' | 'reproduce'>>,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.seed = report.seed;
    this.runs = report.runs;
    this.decisions = report.decisions ?? [];
    this.taskTree = report.taskTree ?? '';
    this.reproduce = report.reproduce ?? '';
  }
}

/** The error for a failure that has been reproduced. */
export function failureOf(
  cause: unknown,
  report: Pick<ExplorationError, 'seed' | 'runs' | 'decisions' | 'taskTree' | 'reproduce'>,
): ExplorationError {
  const { seed, decisions, taskTree, reproduce, runs } = report;
  // A deadlock shows the tree already.
  const description = describeError(cause).replace(taskTree, '').trimEnd();
  const message = [
    `run ${runs} has failed, under the seed ${seed}: ${description}`,
    describeDecisions(decisions),
    ...(taskTree === '' ? [] : [`the tasks at that moment:\n${taskTree}`]),
    `to see it again: ${reproduce}`,
  ].join('\n\n');
  return new ExplorationError(message, report, { cause });
}

/** The error for a body whose course depends on something else than the order of steps. */
export function notDeterministic(
  what: string,
  report: Pick<ExplorationError, 'seed' | 'runs'>,
  options?: ErrorOptions,
): ExplorationError {
  return new ExplorationError(
    `${what}. Something else than the order of steps decides its course: input and output, timers of the platform, promises ` +
      `of other code, the system's clock, Math.random(), or values that are left from an earlier run. Replace it in the test, ` +
      `and make everything anew in the body`,
    report,
    options,
  );
}

function describeDecisions(decisions: readonly Decision[]): string {
  if (decisions.length === 0) return 'it fails in the plain order, too';
  const shown = decisions.slice(0, MOST_SHOWN).map(({ step, task, what, before }) => {
    const others = before.map((other) => `${other.task} (${other.what})`).join(', ');
    return `  step ${step}: ${task} (${what}) goes before ${others}`;
  });
  if (decisions.length > MOST_SHOWN) shown.push(`  … and ${decisions.length - MOST_SHOWN} more`);
  return `what differs from the plain order:\n${shown.join('\n')}`;
}
