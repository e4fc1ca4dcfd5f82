import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { StateError } from '../errors/tercet-error.ts';
import type { CancelNode } from '../cancellation/cancel-node.ts';
import { contextsOf } from '../undocumented/contexts.ts';

/**
 * Where a piece of code runs: it is what the one AsyncLocalStorage holds, so that every function finds its task and its
 * scope. A node of the cancellation tree is a frame itself; others are made for stretches of code with task-local values
 * of their own.
 */
export interface Frame {
  /** The node of the cancellation tree; `undefined` outside of any run. */
  readonly node: CancelNode | undefined;
  readonly localsHolder: LocalsHolder;
}

/** Owns the task-local values of a task, or of a stretch of code; the values are immutable and replaced as a whole. */
export interface LocalsHolder {
  locals: unknown;
}

// All copies of this package in a process (two installed versions, a bundled one) meet in one state: two runtimes that do
// not see each other's tasks are the one bug that a library like this must not have. The number in the key is raised when
// the layout of frames changes incompatibly.
const key = Symbol.for('@tercet/core/shared@1');

interface Shared {
  readonly frames: AsyncLocalStorage<Frame>;
  /** The task-local values of code outside of any run. */
  readonly outsideHolder: LocalsHolder;
}

const shared: Shared = ((globalThis as { [key]?: Shared })[key] ??= {
  frames: new AsyncLocalStorage<Frame>(),
  outsideHolder: { locals: undefined },
});

/** The one AsyncLocalStorage. */
export const frames: AsyncLocalStorage<Frame> = shared.frames;

/** Who holds the task-local values that the calling code sees; there is one holder for all code outside of any run. */
export function currentLocalsHolder(): LocalsHolder {
  return currentFrame()?.localsHolder ?? shared.outsideHolder;
}

const moduleContext = new AsyncResource('TERCET');

/**
 * Calls `fn` in the async context in which this module was loaded. Timers and listeners that serve a whole run are made
 * here: otherwise they would keep the context of the first task that needed them alive.
 */
export function outside<R>(fn: () => R): R {
  return moduleContext.runInAsyncScope(fn);
}

const contexts = contextsOf(frames);

/** The frame in which the calling code runs. */
export function currentFrame(): Frame | undefined {
  return contexts.current();
}

/** Lets go of the frame that was found last: whoever ends must not be kept alive by it. */
export function forgetFrame(): void {
  contexts.forget();
}

/** Calls `fn(argument)` in a frame, which all that it awaits keeps. */
export function callInFrame<A, R>(frame: Frame, fn: (argument: A) => R, argument: A): R {
  return contexts.enter(frame, fn, argument);
}

/** The async context of the caller, for `callInFrameFrom`. */
export function captureContext(): unknown {
  return contexts.capture();
}

/** Calls `fn(argument)` in a frame that is entered from a context that was captured before. */
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

/** What is said of an operation that was called outside of a run. */
export function outsideOfRun(operation: string): StateError {
  return new StateError(`${operation} was called outside of a run; call it in a function that run() has started`);
}
