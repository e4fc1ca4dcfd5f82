import { TaskFailedError } from '../errors/tercet-error.ts';
import type { TaskHandle } from '../tasks/task-handle.ts';
import type { Selectable } from '../waiting/selectable.ts';
import { checkpoint } from '../waiting/checkpoint.ts';

/** The handle of a task that was not started, because the portal is closed or its run has ended. */
export class RefusedTask<T> implements TaskHandle<T> {
  readonly name: string;
  readonly state = 'failed';
  readonly #refusal: Error;

  constructor(name: string, refusal: Error) {
    this.name = name === '' ? '<anonymous>' : name;
    this.#refusal = refusal;
  }

  cancel(): void {
    // It has ended.
  }

  join(): Promise<void> {
    return checkpoint();
  }

  joining(): Selectable<void> {
    return { poll: () => ({ value: undefined }), arm: () => () => undefined };
  }

  async result(): Promise<T> {
    await checkpoint();
    throw new TaskFailedError(`task ${this.name} was not started`, { cause: this.#refusal });
  }
}
