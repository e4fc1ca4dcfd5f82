import type { CancelNode } from '../cancellation/cancel-node.ts';
import { InternalError, StateError } from '../errors/tercet-error.ts';
import { currentNode } from '../frames/frames.ts';
import { rejected, rejectIfCancelled } from '../waiting/checkpoint.ts';
import { isThenable } from '../foreign/foreign-result.ts';
import type { NurseryNode } from './nursery-node.ts';
import { requireFunction } from '../foreign/require-function.ts';

/**
 * The parameter by which a task that was started with `nursery.start` reports that it is ready.
 *
 * @example
 * async function heartbeat(taskStatus: TaskStatus<number>): Promise<void> {
 *   let beats = 0;
 *   taskStatus.started(beats); // from here on it runs in the nursery, and `start` returns
 *   for await (const _ of every(10)) if (++beats === 3) return;
 * }
 * await openNursery(async (nursery) => {
 *   const first = await nursery.start(heartbeat); // 0
 * });
 */
export interface TaskStatus<T> {
  /**
   * Moves the task into its nursery and lets `start` return `value`. Not a checkpoint.
   *
   * @throws {StateError} when it is called a second time.
   * @throws {TypeError} when `value` is a promise or another thenable: `start` would wait for it, and no deadline could end
   * the wait.
   */
  started(value: T): void;
}

/**
 * A `TaskStatus` without effect, to call a function that takes one without a nursery: `serve(handler, TASK_STATUS_IGNORED)`.
 * Also the usual default value of such a parameter.
 *
 * @example
 * async function serve(taskStatus: TaskStatus<number> = TASK_STATUS_IGNORED): Promise<void> {
 *   taskStatus.started(await listen());
 *   await sleepForever();
 * }
 * await serve(); // without nursery.start
 */
export const TASK_STATUS_IGNORED: TaskStatus<any> = { started: () => undefined };

/**
 * The child begins in a hidden nursery inside this call, so that it lives under the caller's scopes and its errors come out
 * here. `started` moves it to the target; then the hidden nursery is empty and closes.
 */
export function startIn<T>(target: NurseryNode, fn: (taskStatus: TaskStatus<T>) => unknown): Promise<T> {
  try {
    requireFunction('start', fn);
    const caller = currentNode('start()');
    target.requireOpen('start()');
    if (caller.run !== target.run) {
      throw new StateError(
        'start(): the nursery belongs to another run; use startSoon(), which lets the task begin in that run',
      );
    }
    return letStart(caller, target, fn);
  } catch (error) {
    return rejected(error);
  }
}

async function letStart<T>(
  caller: CancelNode,
  target: NurseryNode,
  fn: (taskStatus: TaskStatus<T>) => unknown,
): Promise<T> {
  target.expectStart();
  const hidden = target.openFor(target, caller);
  // In Trio, a start() into a cancelled nursery may wait for ever.
  const followTarget = (): void => hidden.cancelFor(target.cause!);
  target.watch(followTarget);
  if (target.effective) followTarget();
  const status = new StartStatus<T>(hidden, target);
  try {
    hidden.spawn(fn, [status]);
    await hidden.join();
  } finally {
    target.unwatch(followTarget);
    target.startEnded();
  }
  throwAsCaller(hidden);
  if (status.called) return status.value as T;
  await rejectIfCancelled('start()');
  const what = hidden.cancelledCaught ? 'nursery was cancelled before' : 'task has ended without';
  throw new StateError(`start(): the ${what} calling taskStatus.started()`);
}

/** Throws an error from before `started` as the task threw it. */
function throwAsCaller(hidden: NurseryNode): void {
  const { errors } = hidden;
  if (errors === undefined) return;
  // The task may have started others beside it.
  if (errors.length > 1) {
    throw new InternalError('start(): several tasks failed in its hidden nursery', { cause: hidden.failure });
  }
  hidden.filter(errors[0]);
}

class StartStatus<T> implements TaskStatus<T> {
  called = false;
  value: T | undefined = undefined;
  readonly #hidden: NurseryNode;
  readonly #target: NurseryNode;

  constructor(hidden: NurseryNode, target: NurseryNode) {
    this.#hidden = hidden;
    this.#target = target;
  }

  started(value: T): void {
    if (this.called) throw new StateError('taskStatus.started() was called a second time; call it once, when ready');
    if (isThenable(value)) {
      throw new TypeError('taskStatus.started() takes a value, but got a promise: write started(await promise)');
    }
    this.called = true;
    this.value = value;
    // If the caller of start() has been cancelled, the task stays under it and ends with it.
    if (this.#hidden.parent!.effective) return;
    this.#target.takeOver(this.#hidden);
  }
}
