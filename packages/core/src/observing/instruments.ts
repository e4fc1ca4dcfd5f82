import { describeError } from '../errors/is-error.ts';
import { warn } from '../platform/platform.ts';
import type { Run } from '../running/run-state.ts';
import { statisticsOf } from './statistics.ts';
import type { RunStatistics } from './statistics.ts';
import type { Task } from '../tasks/task.ts';

/** Watches a run. Every hook is optional, called synchronously, and must not block; those it has are fixed when it is added. */
export interface Instrument {
  /** The run begins; its root task does not exist yet. */
  beforeRun?(): void;
  /** The run has ended; `left` says what was still there: one living task, the root, and nothing else if all is well. */
  afterRun?(left: RunStatistics): void;
  /** A task has been made; it begins later. */
  taskSpawned?(task: Task): void;
  /** A task that was waiting has been woken; it goes on later. */
  taskScheduled?(task: Task): void;
  /** A task has ended. */
  taskExited?(task: Task): void;
  /** A scope has been cancelled, by whatever cause; `task` is the one that had entered it. */
  scopeCancelled?(task: Task): void;
}

const HOOKS = ['beforeRun', 'afterRun', 'taskSpawned', 'taskScheduled', 'taskExited', 'scopeCancelled'] as const;

type HookName = (typeof HOOKS)[number];
/** What is called with a task. */
export type TaskHook = Exclude<HookName, 'beforeRun' | 'afterRun'>;
type Hooks = { [K in HookName]?: (argument?: unknown) => void };

/** The instruments of one run: one that throws is removed, and the run goes on. */
export class Instruments {
  readonly #run: Run;
  readonly #hooks = new Map<Instrument, Hooks>();

  constructor(run: Run) {
    this.#run = run;
  }

  get isEmpty(): boolean {
    return this.#hooks.size === 0;
  }

  /** Reading a hook may throw: then nothing is added. */
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

  /** The run is about to end. @returns what tells that it has, and what was still there at this moment. */
  takeStock(): () => void {
    const left = statisticsOf(this.#run);
    return () => this.tell('afterRun', left);
  }

  tell(name: HookName, argument?: unknown): void {
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
