/** The base class of every error that Tercet makes itself. */
export class TercetError extends Error {
  static {
    this.prototype.name = 'TercetError';
  }
}

/** A `failAfter` or `failAt` ended its body, because its own deadline passed. */
export class TooSlowError extends TercetError {
  static {
    this.prototype.name = 'TooSlowError';
  }
}

/** A `…Nowait` operation could not be done at once. */
export class WouldBlock extends TercetError {
  static {
    this.prototype.name = 'WouldBlock';
  }
}

/** Every sender of a channel has closed its end, and all that was sent has been received. */
export class EndOfChannel extends TercetError {
  static {
    this.prototype.name = 'EndOfChannel';
  }
}

/** A second task used a resource that serves one at a time; the first one goes on undisturbed. */
export class BusyResourceError extends TercetError {
  static {
    this.prototype.name = 'BusyResourceError';
  }
}

/** The resource was used after this side had closed it, or was closed while in use. */
export class ClosedResourceError extends TercetError {
  static {
    this.prototype.name = 'ClosedResourceError';
  }
}

/** The resource is of no more use, and not because this side closed it: the peer went away, an owner died. */
export class BrokenResourceError extends TercetError {
  static {
    this.prototype.name = 'BrokenResourceError';
  }
}

/** A run token was used after its run had ended. */
export class RunFinishedError extends TercetError {
  static {
    this.prototype.name = 'RunFinishedError';
  }
}

/** The task whose result was asked for has failed; `cause` is its error. */
export class TaskFailedError extends TercetError {
  static {
    this.prototype.name = 'TaskFailedError';
  }
}

/** Something was used in a state in which it cannot be: outside a run, after its end, twice. The text says what to do. */
export class StateError extends TercetError {
  static {
    this.prototype.name = 'StateError';
  }
}

/** A body ended while operations that it had started were still pending: most likely an `await` is missing. */
export class UnawaitedError extends TercetError {
  static {
    this.prototype.name = 'UnawaitedError';
  }
  /** What was still pending, by name. */
  readonly operations: readonly string[];

  constructor(message: string, operations: readonly string[]) {
    super(message);
    this.operations = operations;
  }
}

/** Nothing could ever wake the run again; the text shows the tasks and what each of them was waiting for. */
export class DeadlockError extends TercetError {
  static {
    this.prototype.name = 'DeadlockError';
  }
}

/** An invariant of the framework was broken, by itself or by a primitive that did not keep its contract. */
export class InternalError extends TercetError {
  static {
    this.prototype.name = 'InternalError';
  }
}
