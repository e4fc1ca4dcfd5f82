import { availableParallelism } from 'node:os';
import { StateError } from '@tercet/core';
import { RunVar } from '@tercet/core/lowlevel';
import { CapacityLimiter } from '@tercet/sync';
import { sharedBetweenCopies } from '../boundary/shared.ts';
import type { Executor } from '../calling/executor.ts';
import { PoolExecutor } from '../calling/pool-executor.ts';
import { Pool } from '../pool/pool.ts';
import { workerState } from '../serving/worker-state.ts';
import { checkOptions } from '../workers/worker-options.ts';
import type { CheckedOptions, WorkerOptions } from '../workers/worker-options.ts';

interface Default {
  options: CheckedOptions | undefined;
  /** Tokens of a run's limiter. */
  tokens: number;
  pool: Pool | undefined;
}

// For the whole process: its workers outlive a run, since starting them costs as much as thousands of calls. They hold
// nothing: when the process is about to end, they end with it.
const state = sharedBetweenCopies<Default>('default', () => ({
  options: undefined,
  tokens: availableParallelism(),
  pool: undefined,
}));

const limiter = new RunVar<CapacityLimiter | undefined>('default workers', { default: undefined });

/**
 * Sets up the workers that `runInWorker` uses where no `withWorkers` is around it. To be called once, when the program
 * begins; later, it replaces them, with a warning, and the former ones leave when they are idle.
 *
 * @throws {StateError} inside of a worker.
 * @example
 * configureDefaultWorkers({ max: 4, idleTimeout: { minutes: 1 }, name: 'app' }); // as the first thing a program does
 */
export function configureDefaultWorkers(options: WorkerOptions): void {
  refuseInWorker('configureDefaultWorkers()');
  const checked = checkOptions({ ...options, max: options.max ?? Infinity }, 'configureDefaultWorkers()');
  const { pool } = state;
  state.options = checked;
  state.tokens = options.max ?? availableParallelism();
  state.pool = undefined;
  if (pool === undefined) return;
  process.emitWarning(
    'configureDefaultWorkers(): the default workers had been used already; the former ones leave when they are idle',
    'TercetParallel',
  );
  pool.retireAll();
}

/**
 * The limiter of the calls of `runInWorker` in this run that use the default workers: at first as many tokens as the machine
 * has processors, or as `configureDefaultWorkers` has set as `max`. Change its `totalTokens` at any time.
 *
 * @throws {StateError} outside of a run.
 * @example
 * // At night, the jobs of this run may have one processor only.
 * currentDefaultWorkerLimiter().totalTokens = 1;
 */
export function currentDefaultWorkerLimiter(): CapacityLimiter {
  let current = limiter.get();
  if (current === undefined) limiter.set((current = new CapacityLimiter(state.tokens)));
  return current;
}

/** The default workers, limited by this run's limiter. */
export function defaultExecutor(): Executor {
  refuseInWorker('runInWorker()');
  state.options ??= checkOptions({ max: Infinity }, 'runInWorker()');
  state.pool ??= new Pool(state.options);
  return new PoolExecutor(state.pool).with({ limiter: currentDefaultWorkerLimiter() });
}

// Workers of workers would wait for each other's limiters for ever.
function refuseInWorker(operation: string): void {
  if (workerState.info === undefined) return;
  throw new StateError(
    `${operation} was called inside of a worker, where there are no default workers; open some with openWorkers()`,
  );
}
