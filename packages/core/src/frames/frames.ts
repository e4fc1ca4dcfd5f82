import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { StateError } from '../errors/tercet-error.ts';
import type { CancelNode } from '../cancellation/cancel-node.ts';
import { contextsOf } from '../undocumented/contexts.ts';

/**
 * The place of running code in the cancellation tree: the value of the one AsyncLocalStorage, by which each function finds its
 * task and its scope. A node of the cancellation tree is itself a frame. Others are made for code that has separate task-local
 * values.
 */
export interface Frame {
  /** The node of the cancellation tree; `undefined` outside of any run. */
  readonly node: CancelNode | undefined;
  readonly localsHolder: LocalsHolder;
}

/**
 * Holds the task-local values of a task, or of code with separate values. The values are immutable and replaced as a whole.
 *
 * @example
 * const separate: LocalsHolder = { locals: currentLocals() };
 * runWithLocals(separate, () => setCurrentLocals(new Map())); // the task keeps its own
 */
export interface LocalsHolder {
  locals: unknown;
}

// All copies of this package in a process (two installed versions, a bundled one) share this state. Otherwise the functions of
// one copy would not find the tasks of another. The number in the key is raised when the layout of frames changes incompatibly.
const key = Symbol.for('@tercet/core/shared@1');

interface Shared {
  readonly frames: AsyncLocalStorage<Frame>;
  /** The task-local values of code outside of any run. */
  readonly outsideHolder: LocalsHolder;
}

// On Node 20 and 22, each storage that has been used makes every promise of the process slower, for good. jest gives each test
// file its own global object, and shares only the modules of Node. So the storage is kept on a class of such a module.
const storages = AsyncLocalStorage as { [key]?: AsyncLocalStorage<Frame> };

const shared: Shared = ((globalThis as { [key]?: Shared })[key] ??= {
  frames: (storages[key] ??= new AsyncLocalStorage<Frame>()),
  outsideHolder: { locals: undefined },
});

/** The one AsyncLocalStorage. */
export const frames: AsyncLocalStorage<Frame> = shared.frames;

/**
 * The holder of the task-local values that the calling code sees. All code outside of runs shares one holder.
 *
 * @example
 * const holder = currentLocalsHolder();
 * // A callback that comes later, in another context, sees the values of this task:
 * const later = (): unknown => runWithLocals(holder, () => currentLocals());
 */
export function currentLocalsHolder(): LocalsHolder {
  return currentFrame()?.localsHolder ?? shared.outsideHolder;
}

const moduleContext = new AsyncResource('TERCET');

/**
 * Calls `fn` in the async context in which this module was loaded, outside of any run. Use it to make timers, listeners and
 * connections that outlive a task: otherwise they would keep the context of that task, and call back in it.
 *
 * @example
 * import { EventEmitter } from 'node:events';
 *
 * const connection = new EventEmitter();
 * // The connection outlives this task, so its callbacks must not belong to the task.
 * const heartbeat = runOutside(() => setInterval(() => connection.emit('ping'), 1000));
 * clearInterval(heartbeat);
 */
export function outside<R>(fn: () => R): R {
  return moduleContext.runInAsyncScope(fn);
}

const contexts = contextsOf(frames);

/** The frame in which the calling code runs. */
export function currentFrame(): Frame | undefined {
  return contexts.current();
}

/** Forgets the frame that was found last, so that a task that has ended can be collected. */
export function forgetFrame(): void {
  contexts.forget();
}

/** Calls `fn(argument)` in a frame. Code after an `await` in it stays in the frame. */
export function callInFrame<A, R>(frame: Frame, fn: (argument: A) => R, argument: A): R {
  return contexts.enter(frame, fn, argument);
}

/** The async context of the caller, for `callInFrameFrom`. */
export function captureContext(): unknown {
  return contexts.capture();
}

/** Calls `fn(argument)` in a frame, with everything else of a context that was captured before. */
export function callInFrameFrom<A, R>(context: unknown, frame: Frame, fn: (argument: A) => R, argument: A): R {
  return contexts.enterFrom(context, frame, fn, argument);
}

/** The node in which the calling code runs, or `undefined` outside of a run. */
export function findNode(): CancelNode | undefined {
  return currentFrame()?.node;
}

/** The node in which the calling code runs. @throws {StateError} outside of a run. */
export function currentNode(operation: string): CancelNode {
  const node = findNode();
  if (node === undefined) throw outsideOfRun(operation);
  return node;
}

/** The error of an operation that was called outside of a run. */
export function outsideOfRun(operation: string): StateError {
  return new StateError(`${operation} was called outside of a run; call it in a function that run() has started`);
}
