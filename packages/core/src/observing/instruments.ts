import { describeError } from '../errors/is-error.ts';
import { warn } from '../platform/platform.ts';
import type { Run } from '../running/run-state.ts';
import { statisticsOf } from './statistics.ts';
import type { RunStatistics } from './statistics.ts';
import type { Task } from '../tasks/task.ts';

/**
 * Watches a run. Its hooks are optional, read when it is added, and called synchronously. They must not block.
 *
 * @example
 * let spawned = 0;
 * let living = 0;
 * const counter: Instrument = {
 *   taskSpawned: () => void (spawned++, living++),
 *   taskExited: () => void living--,
 *   afterRun: () => console.log(`${spawned} tasks, ${living} of them left`),
 * };
 * await run(() => all([() => sleep(1), () => sleep(2)]), { instruments: [counter] });
 */
export interface Instrument {
  /** The run begins; its root task does not exist yet. */
  beforeRun?(): void;
  /** The run has ended. `left` counts what was left at the end: only one living task, the root task, if all is well. */
  afterRun?(left: RunStatistics): void;
  /** A task has been spawned. It begins later. */
  taskSpawned?(task: Task): void;
  /** A task that was waiting has been woken. It goes on later. */
  taskScheduled?(task: Task): void;
  /** A task has ended. */
  taskExited?(task: Task): void;
  /** A scope that `task` has entered, or the task itself, has been cancelled. */
  scopeCancelled?(task: Task): void;
}

const HOOKS = ['beforeRun', 'afterRun', 'taskSpawned', 'taskScheduled', 'taskExited', 'scopeCancelled'] as const;

type HookName = (typeof HOOKS)[number];
/** The hooks that are called with a task. */
export type TaskHook = Exclude<HookName, 'beforeRun' | 'afterRun'>;
type Hooks = { [K in HookName]?: (argument?: unknown) => void };

/** The instruments of a run. An instrument that throws is removed, and the run goes on. */
export class Instruments {
  readonly #run: Run;
  readonly #hooks = new Map<Instrument, Hooks>();

  constructor(run: Run) {
    this.#run = run;
  }

  get isEmpty(): boolean {
    return this.#hooks.size === 0;
  }

  /** Adds an instrument. @throws the error of a getter of a hook; then nothing is added. */
  add(instrument: Instrument): void {
    if (this.#hooks.has(instrument)) return;
    const hooks: Hooks = {};
    for (const name of HOOKS) {
      const hook = instrument[name] as ((argument?: unknown) => void) | undefined;
      if (hook !== undefined) hooks[name] = hook.bind(instrument);
    }
    this.#hooks.set(instrument, hooks);
  }

  remove(instrument: Instrument): boolean {
    return this.#hooks.delete(instrument);
  }

  /** The run is about to end. @returns a function that reports that it has ended, with the statistics of this moment. */
  takeStock(): () => void {
    const left = statisticsOf(this.#run);
    return () => this.notify('afterRun', left);
  }

  notify(name: HookName, argument?: unknown): void {
    for (const [instrument, hooks] of this.#hooks) {
      try {
        hooks[name]?.(argument);
      } catch (error) {
        this.#hooks.delete(instrument);
        warn(`an instrument has been disabled, because its ${name} threw ${describeError(error)}`, 'TercetInstrument');
      }
    }
  }
}
