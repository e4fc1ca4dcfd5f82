import type { Clock } from '@tercet/core/lowlevel';

/**
 * The options of {@link explore}.
 *
 * @example
 * const options: ExploreOptions = { runs: 100, seed: 7, strategy: 'pct', depth: 2, title: 'two readers' };
 * await explore(() => all([() => checkpoint(), () => checkpoint()]), options);
 */
export interface ExploreOptions {
  /** How many orders are tried at most, 1000 by default. `Infinity` is allowed for `'exhaustive'`. */
  readonly runs?: number;
  /**
   * The number from which the orders are drawn, 0 by default: a safe integer that is not negative. A test has the same
   * outcome each time; another seed tries other orders. The first run is the one that belongs to this seed.
   */
  readonly seed?: number;
  /**
   * How the orders are chosen:
   *
   * - `'pct'`, the default: tasks have random priorities, which change at random moments. It finds a bug that needs `depth`
   * steps
   *   in a certain order with a known probability (Burckhardt et al., ASPLOS 2010).
   * - `'random'`: each step is chosen at random.
   * - `'exhaustive'`: all orders, one after the other. For small programs: three tasks of three steps each have 1680 orders.
   */
  readonly strategy?: 'random' | 'pct' | 'exhaustive';
  /** For `'pct'`: the number of steps whose order matters to a bug, 3 by default. Most bugs need 1 to 3. */
  readonly depth?: number;
  /** `'autojump'`, the default: a virtual clock that starts at 0. Or a function that makes a clock for each run. */
  readonly clock?: 'autojump' | (() => Clock);
  /** The title of the test, for the line that reproduces a failure. jest and vitest provide it. */
  readonly title?: string;
  /** Ends the exploration when it aborts: the current run is cancelled, and `explore` rejects with the reason. */
  readonly signal?: AbortSignal;
}

/** The options with their defaults. */
export interface Settings extends ExploreOptions {
  readonly runs: number;
  readonly seed: number;
  readonly strategy: 'random' | 'pct' | 'exhaustive';
  readonly depth: number;
  readonly clock: 'autojump' | (() => Clock);
}

/** @throws {TypeError} {RangeError} when something is not as it should be. */
export function requireOptions(body: unknown, options: ExploreOptions): Settings {
  if (typeof body !== 'function') {
    throw new TypeError(`explore(): the body must be a function, not ${typeof body}: write explore(() => …)`);
  }
  const { runs = 1000, seed = 0, strategy = 'pct', depth = 3, clock = 'autojump' } = options;
  requireOption(
    'runs',
    runs,
    (Number.isSafeInteger(runs) && runs >= 1) || runs === Infinity,
    'a positive integer or Infinity',
  );
  requireOption('seed', seed, Number.isSafeInteger(seed) && seed >= 0, 'a safe integer that is not negative');
  requireOption('depth', depth, Number.isSafeInteger(depth) && depth >= 1, 'a positive integer');
  requireOption('strategy', strategy, STRATEGIES.includes(strategy), `one of ${STRATEGIES.join(', ')}`);
  requireOption(
    'clock',
    clock,
    clock === 'autojump' || typeof clock === 'function',
    "'autojump' or a function that makes a clock",
  );
  return { ...options, runs, seed, strategy, depth, clock };
}

const STRATEGIES: readonly string[] = ['random', 'pct', 'exhaustive'];

function requireOption(option: string, value: unknown, fits: boolean, range: string): void {
  if (!fits) throw new RangeError(`explore(): ${option} must be ${range}, not ${String(value)}`);
}
