/** The base class of every error that Tercet makes itself. */
export class TercetError extends Error {}

/** A `failAfter` or `failAt` ended its body, because its own deadline passed. */
export class TooSlowError extends TercetError {}

/** A `…Nowait` operation would have had to wait. */
export class WouldBlock extends TercetError {}

/** All senders of a channel have closed it, and all items have been received. */
export class EndOfChannel extends TercetError {}

/** A second task used a resource that serves one task at a time. The first task is not affected. */
export class BusyResourceError extends TercetError {}

/** This side closed the resource, before or while it was used. */
export class ClosedResourceError extends TercetError {}

/** The resource cannot be used any more, but this side has not closed it: the peer has gone, or an owner has ended. */
export class BrokenResourceError extends TercetError {}

/** A run token was used after its run had ended. */
export class RunFinishedError extends TercetError {}

/** The task whose result was asked for has failed; `cause` is its error. */
export class TaskFailedError extends TercetError {}

/** An operation is not allowed in this state: outside of a run, after the end, a second time. The text says what to do. */
export class StateError extends TercetError {}

/** A body ended while operations that it had started were still pending: most likely an `await` is missing. */
export class UnawaitedError extends TercetError {
  /** The names of the operations that were still pending. */
  readonly operations: readonly string[];

  constructor(message: string, operations: readonly string[]) {
    super(message);
    this.operations = operations;
  }
}

/** Nothing could ever wake the run again. The text shows the tasks and the operations in which they waited. */
export class DeadlockError extends TercetError {}

/** An invariant of the framework was broken, by the framework or by a primitive that broke its contract. */
export class InternalError extends TercetError {}

// Written out, since a bundler may rename the classes.
for (const [name, type] of Object.entries({
  TercetError,
  TooSlowError,
  WouldBlock,
  EndOfChannel,
  BusyResourceError,
  ClosedResourceError,
  BrokenResourceError,
  RunFinishedError,
  TaskFailedError,
  StateError,
  UnawaitedError,
  DeadlockError,
  InternalError,
})) {
  type.prototype.name = name;
}
