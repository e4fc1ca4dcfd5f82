import { warn } from '../running/platform.ts';
import { describeError } from '../errors/is-error.ts';
import type { Task } from '../tasks/task.ts';

/** Watches a run. Every hook is optional, called synchronously, and must not block; those it has are fixed when it is added. */
export interface Instrument {
  /** The run begins; its root task does not exist yet. */
  beforeRun?(): void;
  /** The run has ended. */
  afterRun?(): void;
  /** A task has been made; it begins later. */
  taskSpawned?(task: Task): void;
  /** A task that was waiting has been woken; it goes on later. */
  taskScheduled?(task: Task): void;
  /** A task has ended. */
  taskExited?(task: Task): void;
}

const HOOKS = ['beforeRun', 'afterRun', 'taskSpawned', 'taskScheduled', 'taskExited'] as const;

type Hooks = { -readonly [K in (typeof HOOKS)[number]]?: (task: Task) => void };

/** The instruments of one run: one that throws is removed, and the run goes on. */
export class Instruments {
  readonly #hooks = new Map<Instrument, Hooks>();

  get isEmpty(): boolean {
    return this.#hooks.size === 0;
  }

  /** Reading a hook may throw: then nothing is added. */
  add(instrument: Instrument): void {
    if (this.#hooks.has(instrument)) return;
    const hooks: Hooks = {};
    for (const name of HOOKS) {
      const hook = instrument[name];
      if (hook !== undefined) hooks[name] = hook.bind(instrument);
    }
    this.#hooks.set(instrument, hooks);
  }

  remove(instrument: Instrument): boolean {
    return this.#hooks.delete(instrument);
  }

  beforeRun(): void {
    this.#call('beforeRun');
  }

  afterRun(): void {
    this.#call('afterRun');
  }

  taskSpawned(task: Task): void {
    this.#call('taskSpawned', task);
  }

  taskScheduled(task: Task): void {
    this.#call('taskScheduled', task);
  }

  taskExited(task: Task): void {
    this.#call('taskExited', task);
  }

  #call(name: keyof Hooks, task?: Task): void {
    for (const [instrument, hooks] of [...this.#hooks]) {
      try {
        hooks[name]?.(task as Task);
      } catch (error) {
        this.#hooks.delete(instrument);
        warn(`an instrument has been disabled, because its ${name} threw ${describeError(error)}`, 'TercetInstrument');
      }
    }
  }
}
