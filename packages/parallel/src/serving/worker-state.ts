import { sharedBetweenCopies } from '../boundary/shared.ts';

/**
 * About the worker in which some code runs.
 *
 * @example
 * const show = ({ name, kind, jobs }: WorkerInfo): string => `${name} (${kind}) has begun ${jobs} jobs`;
 * const info = workerInfo(); // `undefined` outside of workers
 * console.log(info === undefined ? 'the main thread' : show(info));
 */
export interface WorkerInfo {
  /** Counts up from 1 among the workers of one executor. */
  readonly id: number;
  readonly kind: 'thread' | 'process';
  readonly name: string;
  /** Number of jobs that have begun here. */
  readonly jobs: number;
}

/** The job that runs now, as the functions of `@tercet/parallel/worker` see it. */
export interface CurrentJob {
  /** Whether its caller has been cancelled. */
  isAsked(): boolean;
  report(value: unknown): void;
}

/** The state that the program of a worker shares with the modules of its jobs. */
export interface WorkerState {
  /** `undefined` outside of workers. */
  info: { id: number; kind: 'thread' | 'process'; name: string; jobs: number } | undefined;
  job: CurrentJob | undefined;
  /** Finds the job of an engine that the calling code works for; set once one is served here. */
  find?: () => CurrentJob | undefined;
  /** A copy of this package serves as the program of this worker. */
  serving: boolean;
}

export const workerState: WorkerState = sharedBetweenCopies('worker', () => ({
  info: undefined,
  job: undefined,
  serving: false,
}));

/** The job that the calling code works for. */
export function currentJob(): CurrentJob | undefined {
  return workerState.job ?? workerState.find?.();
}
