/** The base class of every error that Tercet makes itself. */
export class TercetError extends Error {}

/** A `failAfter` or `failAt` ended its body, because its own deadline passed. */
export class TooSlowError extends TercetError {}

/** A `…Nowait` operation could not be done at once. */
export class WouldBlock extends TercetError {}

/** Every sender of a channel has closed its end, and all that was sent has been received. */
export class EndOfChannel extends TercetError {}

/** A second task used a resource that serves one at a time; the first one goes on undisturbed. */
export class BusyResourceError extends TercetError {}

/** The resource was used after this side had closed it, or was closed while in use. */
export class ClosedResourceError extends TercetError {}

/** The resource is of no more use, and not because this side closed it: the peer went away, an owner died. */
export class BrokenResourceError extends TercetError {}

/** A run token was used after its run had ended. */
export class RunFinishedError extends TercetError {}

/** The task whose result was asked for has failed; `cause` is its error. */
export class TaskFailedError extends TercetError {}

/** Something was used in a state in which it cannot be: outside a run, after its end, twice. The text says what to do. */
export class StateError extends TercetError {}

/** A body ended while operations that it had started were still pending: most likely an `await` is missing. */
export class UnawaitedError extends TercetError {
  /** What was still pending, by name. */
  readonly operations: readonly string[];

  constructor(message: string, operations: readonly string[]) {
    super(message);
    this.operations = operations;
  }
}

/** Nothing could ever wake the run again; the text shows the tasks and what each of them was waiting for. */
export class DeadlockError extends TercetError {}

/** An invariant of the framework was broken, by itself or by a primitive that did not keep its contract. */
export class InternalError extends TercetError {}

// By hand: a bundler may give the classes other names.
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
