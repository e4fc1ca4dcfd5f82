import { run, StateError } from '@tercet/core';
import { inTask } from '@tercet/core/lowlevel';
import type { Clock } from '@tercet/core/lowlevel';
import { requireOptions } from './explore-options.ts';
import type { ExploreOptions, Settings } from './explore-options.ts';
import { realNow, setImmediate } from '../platform/real-timers.ts';
import { DeadlockWatch } from '../time/deadlock-watch.ts';
import { failureOf, notDeterministic } from './exploration-error.ts';
import { ExploringClock } from './exploring-clock.ts';
import { FailureWatch } from './failure-watch.ts';
import { leavesOf } from '../contracts/leaves-of.ts';
import { Recorder } from './recorder.ts';
import type { Chooser, Deviation } from './recorder.ts';
import { replay } from './replay.ts';
import { currentTitle, reproducingLine, requestedReproduction } from './reproduction.ts';
import type { Reproduction } from './reproduction.ts';
import { shrink } from './shrink.ts';
import { allOrders, drawnOrder, drawnOrders } from './strategies.ts';
import type { Plan } from './strategies.ts';

/**
 * The result of {@link explore} when the body has not failed.
 *
 * @example
 * const { runs, exhausted }: Exploration = await explore(() => all([() => checkpoint(), () => checkpoint()]), {
 *   strategy: 'exhaustive',
 * });
 * console.log(exhausted ? `correct in each of its ${runs} orders` : `no error in ${runs} orders`);
 */
export interface Exploration {
  /** How many times the body has been run. */
  readonly runs: number;
  /** Whether these were all orders that there are, so that the body cannot fail. Only `'exhaustive'` can know. */
  readonly exhausted: boolean;
}

/** How long runs may follow each other before the event loop turns, in real milliseconds. */
const LONGEST_GO = 20;

/**
 * Runs a concurrent test under many orders: among steps that are ready at the same time, another one goes first each time. A
 * failure is reproduced, and reported with as few deviations from the plain order as are needed for it.
 *
 * These are ordered: tasks that go on after a wait or a checkpoint, starts of tasks, the wake-ups of one `set`, `close`, `cancel`
 * or `notifyAll`, deadlines with the same instant, callbacks of `runSoon` among all these. Not ordered: promises of other code,
 * input and output, timers of the platform. A body that depends on them takes different courses under the same seed, which is
 * reported as such.
 *
 * Time is virtual, as in `testRun`, and a deadlock fails at once: when no step is left and no deadline is pending, nothing can
 * ever wake the run. So sockets, files and processes must be replaced in the body, by streams in memory for instance.
 *
 * Called outside of a run. With `TERCET_SEED` in the environment, it runs that order only; the error shows how to set it.
 *
 * @param body the test. It is called for each run, and has to make anew all that it uses.
 * @returns how many runs there were, and whether they were all orders.
 * @throws {ExplorationError} when the body fails under some order; `cause` is its error.
 * @throws {RangeError} when an option is out of range. @throws {StateError} inside of a run.
 * @example
 * test('counts every visitor', () =>
 *   explore(async () => {
 *     const counter = new Counter();
 *     await all([() => counter.visit(), () => counter.visit()]);
 *     assert.equal(counter.visitors, 2);
 *   }));
 */
export async function explore(body: () => unknown, options: ExploreOptions = {}): Promise<Exploration> {
  if (inTask()) throw new StateError('explore() was called from inside a run; call it in the test function itself');
  const explorer = new Explorer(body, requireOptions(body, options));
  const requested = requestedReproduction();
  return requested === undefined ? explorer.explore() : explorer.reproduce(requested);
}

/** How a run has ended. */
type Outcome = { readonly error: unknown } | undefined;

class Explorer {
  readonly #body: () => unknown;
  readonly #settings: Settings;
  readonly #deadlocks = new DeadlockWatch();
  readonly #title: string | undefined;
  /** When the event loop has last turned. */
  #turned = realNow();
  #runs = 0;

  constructor(body: () => unknown, settings: Settings) {
    this.#body = body;
    this.#settings = settings;
    this.#title = settings.title ?? currentTitle();
  }

  async explore(): Promise<Exploration> {
    const { runs, seed, strategy, depth } = this.#settings;
    const orders = strategy === 'exhaustive' ? allOrders(seed) : drawnOrders(seed, strategy, depth);
    let latest: Recorder | undefined;
    for (;;) {
      const plan = orders.next(latest);
      if (plan === undefined) return { runs: this.#runs, exhausted: true };
      if (this.#runs >= runs) return { runs, exhausted: false };
      latest = await this.#try(plan);
    }
  }

  async reproduce({ seed, deviations }: Reproduction): Promise<Exploration> {
    const { strategy, depth } = this.#settings;
    const drawn = (): Chooser => (strategy === 'exhaustive' ? replay([]) : drawnOrder(seed, strategy, depth));
    await this.#try({ seed, chooser: deviations === undefined ? drawn() : replay(deviations) });
    return { runs: 1, exhausted: false };
  }

  async #try({ seed, chooser, like }: Plan): Promise<Recorder> {
    this.#runs++;
    const recorder = new Recorder(chooser, seed);
    const outcome = await this.#run(recorder);
    const step = like && recorder.differsFrom(like.run, like.steps);
    if (step !== undefined) {
      const what = `two runs under the seed ${seed} went different ways, from step ${step} on`;
      throw notDeterministic(what, { seed, runs: this.#runs }, outcome && { cause: outcome.error });
    }
    if (outcome !== undefined) throw await this.#reportOf(outcome.error, recorder, seed);
    return recorder;
  }

  /** Reproduces a failure, and makes it as small as possible. */
  async #reportOf(error: unknown, failed: Recorder, seed: number): Promise<Error> {
    const runs = this.#runs;
    const deviations = failed.deviations();
    const again = new Recorder(replay(deviations), seed);
    const outcome = await this.#run(again);
    const step = again.differsFrom(failed);
    if (outcome === undefined || step !== undefined) {
      const how =
        step === undefined
          ? 'another run in the same order has not'
          : `another run went another way from step ${step} on`;
      throw notDeterministic(`a run under the seed ${seed} has failed, but ${how}`, { seed, runs }, { cause: error });
    }
    const shortest = await shrink(deviations, async (candidate) => {
      const recorder = new Recorder(replay(candidate), seed);
      const found = await this.#run(recorder);
      return found !== undefined && isAlike(found.error, error) ? recorder : undefined;
    });
    return this.#describe(shortest, error, seed, runs);
  }

  async #describe(deviations: readonly Deviation[], error: unknown, seed: number, runs: number): Promise<Error> {
    const recorder = new Recorder(replay(deviations), seed, true);
    const watch = new FailureWatch();
    const outcome = await this.#run(recorder, watch);
    const cause = outcome === undefined ? error : outcome.error;
    return failureOf(cause, {
      seed,
      runs,
      decisions: recorder.decisions,
      taskTree: watch.treeOf(cause),
      reproduce: reproducingLine(seed, recorder.deviations(), this.#title),
    });
  }

  async #run(scheduler: Recorder, watch?: FailureWatch): Promise<Outcome> {
    const { clock: makeClock, signal } = this.#settings;
    await this.#letOthersGoOn();
    signal?.throwIfAborted();
    const clock: Clock = makeClock === 'autojump' ? new ExploringClock(this.#deadlocks) : makeClock();
    const options = {
      name: 'explore',
      clock,
      scheduler,
      ...(signal && { signal }),
      ...(watch && { instruments: [watch.instrument] }),
    };
    const outcome = await run(this.#body, options).then(
      (): Outcome => undefined,
      (error: unknown): Outcome => ({ error }),
    );
    if (outcome !== undefined) signal?.throwIfAborted();
    return outcome;
  }

  async #letOthersGoOn(): Promise<void> {
    if (realNow() - this.#turned < LONGEST_GO) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#turned = realNow();
  }
}

/** Whether two failures are taken for the same one: their errors are of the same kind. */
function isAlike(one: unknown, other: unknown): boolean {
  return kindOf(one) === kindOf(other);
}

function kindOf(error: unknown): string {
  return leavesOf(error).map(nameOf).sort().join();
}

function nameOf(error: unknown): string {
  try {
    return String((error as { readonly name?: unknown } | null | undefined)?.name);
  } catch {
    return 'unreadable';
  }
}
